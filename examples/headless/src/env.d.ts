interface ImportMetaEnv {
  /** The portal's origin. */
  readonly VITE_NHIP_API: string;
}
