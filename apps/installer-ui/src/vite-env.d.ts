/// <reference types="vite/client" />
/// <reference types="vite-plugin-pwa/react" />

/** Names the build, so that answers kept by another version are not read. */
declare const __SLIPWAY_BUILD__: string
