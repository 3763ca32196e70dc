/** The CA and instcomd's own identity (security.md). PEM texts; fingerprints are lower-case hex SHA-256 of the DER. */
export interface Pki {
  readonly caPem: string
  /** This instance's certificate (with chain) and key, for both listeners and for dialling machined; renewed in place. */
  identity(): { readonly certificatePem: string; readonly keyPem: string; readonly fingerprint: string }
  /**
   * Signs a machine's or agent's request: the subject is the URI name given here, whatever the CSR asks for; 30 days.
   * Records serial and subject, so that it can be revoked. Throws `certificate-refused` for a CSR whose signature is wrong.
   */
  issue(input: {
    csrPem: string
    uri: string
  }): Promise<{ certificatePem: string; serial: string; fingerprint: string }>
  isRevoked(serial: string): Promise<boolean>
  /** Ends the trust in one certificate; unknown serials are `not-found`. Checked at every connect. */
  revoke(serial: string, reason: string): Promise<void>
  /** Called after the own certificate changed; returns the way to stop listening. */
  onRenewed(listener: () => void): () => void
}
