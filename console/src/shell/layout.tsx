import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  VisuallyHidden,
} from "@mantine/core";
import { useDisclosure, useOs } from "@mantine/hooks";
import { IconChevronDown, IconKey, IconLogout, IconSearch, IconShieldLock } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { mayAs, useSession, useSessionState } from "../api/session.tsx";
import { groups, type Group as NavigationGroup, type Page, pages } from "../pages.ts";
import { defineStrings, useLanguage } from "./i18n.ts";
import { ConnectionNote, ReadOnlyNote } from "./notes.tsx";
import { roleNames } from "./roles.ts";
import { openSearch, Search } from "./search.tsx";
import classes from "./shell.module.css";
import { LanguageSwitch, Mark, ThemeSwitch } from "./switches.tsx";
import { Telephone } from "./telephone.tsx";

const useText = defineStrings("layout", {
  en: {
    skip: "Skip to the content",
    navigation: "Pages",
    openNavigation: "Show the pages",
    search: "Search",
    person: "You: {{name}}",
    password: "Change password",
    security: "Your login",
    logOut: "Log out",
  },
  de: {
    skip: "Zum Inhalt springen",
    navigation: "Seiten",
    openNavigation: "Seiten zeigen",
    search: "Suchen",
    person: "Sie: {{name}}",
    password: "Passwort ändern",
    security: "Ihre Anmeldung",
    logOut: "Abmelden",
  },
});

/** Is this page, or one below it, shown? */
const isAt = (page: Page, path: string): boolean =>
  page.path === "" ? path === "/" : path === `/${page.path}` || path.startsWith(`/${page.path}/`);

function Navigation({ at, chosen }: { at: string; chosen: () => void }) {
  const t = useText();
  const language = useLanguage();
  const { person } = useSession();
  const shown = pages.filter(
    ({ group, path, role }) => group !== "none" && !path.includes("$") && mayAs(person.role, role),
  );
  return (
    <ScrollArea component="nav" aria-label={t("navigation")} type="scroll" className={classes.navigation}>
      {(Object.keys(groups) as NavigationGroup[]).map((group) => {
        const ofGroup = shown.filter((page) => page.group === group);
        if (ofGroup.length === 0) return null;
        return (
          <Box key={group} mb="lg" role="group" aria-labelledby={`group-${group}`}>
            <Text id={`group-${group}`} className={classes.group}>
              {groups[group][language]}
            </Text>
            {ofGroup.map((page) => (
              <NavLink
                key={page.path}
                component={Link}
                to={`/${page.path}`}
                label={page.title[language]}
                leftSection={<page.icon size={18} stroke={1.6} aria-hidden />}
                active={isAt(page, at)}
                aria-current={isAt(page, at) ? "page" : undefined}
                className={classes.link}
                onClick={chosen}
              />
            ))}
          </Box>
        );
      })}
    </ScrollArea>
  );
}

function PersonMenu() {
  const t = useText();
  const language = useLanguage();
  const { person } = useSession();
  const { logOut } = useSessionState();
  const called = person.display || person.name;
  return (
    <Menu position="bottom-end" shadow="md" width={200}>
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={t("person", { name: called })}>
          <span className={classes.initial} aria-hidden>
            {called.slice(0, 1).toUpperCase()}
          </span>
          <Text span size="sm" fw={500} visibleFrom="sm" truncate maw={140}>
            {called}
          </Text>
          <IconChevronDown size={14} stroke={1.8} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{roleNames[person.role][language]}</Menu.Label>
        <Menu.Item
          component={Link}
          to="/security"
          leftSection={<IconShieldLock size={16} stroke={1.6} aria-hidden />}
        >
          {t("security")}
        </Menu.Item>
        <Menu.Item
          component={Link}
          to="/password"
          leftSection={<IconKey size={16} stroke={1.6} aria-hidden />}
        >
          {t("password")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.6} />} onClick={() => void logOut()}>
          {t("logOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Header, navigation, and the page. */
export function Layout({ children }: { children: ReactNode }) {
  const t = useText();
  const language = useLanguage();
  const [opened, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const at = pathname.replace(/^\/console/, "") || "/";
  const main = useRef<HTMLElement>(null);
  const page = pages.find((one) => isAt(one, at));
  const isMac = useOs() === "macos";

  useEffect(() => {
    document.title = page ? `${page.title[language]} · Dialtone` : "Dialtone";
  }, [page, language]);
  // Who reads by ear or keyboard begins each page at its top.
  const shown = useRef(at);
  useEffect(() => {
    if (shown.current === at) return;
    shown.current = at;
    main.current?.focus({ preventScroll: true });
  }, [at]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 244, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={0}
      transitionDuration={0}
    >
      <a className="skip" href="#content">
        {t("skip")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t("openNavigation")}
            />
            <Link to="/" className={classes.home} aria-label="Dialtone">
              <Mark />
            </Link>
          </Group>
          <Group gap={6} wrap="nowrap">
            <ConnectionNote />
            <UnstyledButton className={classes.search} onClick={openSearch} visibleFrom="sm">
              <IconSearch size={16} stroke={1.8} aria-hidden />
              <span>{t("search")}</span>
              <kbd className={classes.key}>{isMac ? "⌘" : "Ctrl"} K</kbd>
            </UnstyledButton>
            <ActionIcon size="lg" hiddenFrom="sm" aria-label={t("search")} onClick={openSearch}>
              <IconSearch size={19} stroke={1.6} />
            </ActionIcon>
            <LanguageSwitch />
            <ThemeSwitch />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar}>
        <Navigation at={at} chosen={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" ref={main} tabIndex={-1} className={classes.main}>
        <ReadOnlyNote />
        <Telephone />
        <div className={classes.page}>{children}</div>
      </AppShell.Main>
      <Search />
      <VisuallyHidden role="status" aria-live="polite">
        {page?.title[language]}
      </VisuallyHidden>
    </AppShell>
  );
}
