import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const output = join(import.meta.dirname, 'dist')

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), progressiveApp(), compressed()],
  define: { __SLIPWAY_BUILD__: JSON.stringify(process.env.npm_package_version ?? '0.1.0') },
  build: { outDir: output, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 1000 },
  // For work on the screens: `vite` beside a running server (`npm start`); the cookie is of this origin.
  server: { proxy: { '/api': { target: process.env.SLIPWAY_URL ?? 'http://127.0.0.1:4000', ws: true } } },
})

function progressiveApp() {
  return VitePWA({
    registerType: 'prompt',
    injectRegister: false,
    manifest: {
      name: 'Slipway',
      short_name: 'Slipway',
      description: "From a machine's first packet to a managed host",
      display: 'standalone',
      start_url: '/',
      scope: '/',
      background_color: '#0e1114',
      theme_color: '#0e1114',
      icons: [
        { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      ],
    },
    workbox: {
      // The shell works offline; what the server says never comes from this cache (the pages keep it themselves, with its age).
      globPatterns: ['**/*.{js,css,html,svg,png}', 'assets/*latin-wght-normal*.woff2'],
      navigateFallback: '/index.html',
      navigateFallbackDenylist: [/^\/(?:api|infiniservice|setup|health|ready|metrics|ca\.crt|trust)(?:\/|$)/],
      cleanupOutdatedCaches: true,
    },
  })
}

/** Writes `.br` and `.gz` beside every text file, so that the server sends them as they are. */
function compressed(): Plugin {
  return {
    name: 'slipway-compressed',
    apply: 'build',
    enforce: 'post',
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
          if (!/\.(?:js|css|html|svg|webmanifest)$/u.test(name)) continue
          const bytes = readFileSync(join(output, name))
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
          writeFileSync(join(output, `${name}.br`), brotliCompressSync(bytes, quality))
          writeFileSync(join(output, `${name}.gz`), gzipSync(bytes, { level: 9 }))
        }
      },
    },
  }
}
