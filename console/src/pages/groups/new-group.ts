export { NewGroup as default } from "./group.tsx";
