import { Button, SimpleGrid } from "@mantine/core";
import { useText } from "./strings.ts";

const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** The keys of a telephone; once one of them has the focus those of the keyboard do too. */
export function Keypad({ press }: { press: (key: string) => void }) {
  const t = useText();
  return (
    <SimpleGrid
      cols={3}
      spacing="xs"
      maw={240}
      role="group"
      aria-label={t("keypad")}
      onKeyDown={({ key }) => {
        if (keys.includes(key)) press(key);
      }}
    >
      {keys.map((key) => (
        <Button key={key} variant="default" onClick={() => press(key)}>
          {key}
        </Button>
      ))}
    </SimpleGrid>
  );
}
