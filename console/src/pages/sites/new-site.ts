export { NewSite as default } from "./site.tsx";
