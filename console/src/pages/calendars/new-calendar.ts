export { NewCalendar as default } from "./calendar.tsx";
