/** What this browser keeps for itself. Where storage is forbidden or full, nothing is kept, and the page goes on without. */
export const browserStore = {
  read(key: string): string | null {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  },

  keep(key: string, text: string): void {
    try {
      localStorage.setItem(key, text)
    } catch {
      // it lives as long as the page
    }
  },

  forget(key: string): void {
    try {
      localStorage.removeItem(key)
    } catch {
      // nothing was kept
    }
  },
}
