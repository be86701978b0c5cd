import { ActionIcon, Group, Menu, Text, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { chooseLanguage, defineStrings, type Language, languages, useLanguage } from "./i18n.ts";
import classes from "./shell.module.css";

const useText = defineStrings("switches", {
  en: { language: "Language", theme: "Colours", light: "Light", dark: "Dark", auto: "As the system" },
  de: { language: "Sprache", theme: "Farben", light: "Hell", dark: "Dunkel", auto: "Wie das System" },
});

/** The product's sign. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="var(--mantine-primary-color-filled)" />
        <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
          <path d="M8 16h2.2M13.2 11v10M18 7.5v17M22.8 12.5v7" />
        </g>
      </svg>
      <Text className={classes.wordmark} span>
        Dialtone
      </Text>
    </Group>
  );
}

export function LanguageSwitch() {
  const t = useText();
  const now = useLanguage();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Tooltip label={t("language")}>
          <ActionIcon size="lg" aria-label={t("language")}>
            <IconLanguage size={19} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.entries(languages) as [Language, string][]).map(([language, name]) => (
          <Menu.Item
            key={language}
            lang={language}
            rightSection={language === now ? <IconCheck size={15} /> : undefined}
            onClick={() => void chooseLanguage(language)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const schemes = [
  ["auto", IconDeviceDesktop],
  ["light", IconSun],
  ["dark", IconMoon],
] as const;

export function ThemeSwitch() {
  const t = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Now = schemes.find(([name]) => name === colorScheme)?.[1] ?? IconDeviceDesktop;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Tooltip label={t("theme")}>
          <ActionIcon size="lg" aria-label={t("theme")}>
            <Now size={19} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(([name, Icon]) => (
          <Menu.Item
            key={name}
            leftSection={<Icon size={16} stroke={1.6} />}
            rightSection={name === colorScheme ? <IconCheck size={15} /> : undefined}
            onClick={() => setColorScheme(name)}
          >
            {t(name)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
