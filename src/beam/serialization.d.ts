/** What is used of the SDK, which is not installed here. */
declare module "apache-beam/serialization" {
  /** Registers what a module exports: workers load the module, and find it by its name. */
  export function requireForSerialization(moduleName: string, values: object): void;
}
