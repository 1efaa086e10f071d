/* What the host needs besides index.ts of an instance that shares its memory with other threads. */
export { setLosses, setPlace } from "./driver/thread";
