import { z } from 'zod'
import { readUserFile, userFile, writeUserFile } from './user-file.ts'

const credentialsSchema = z.object({ url: z.string(), token: z.string() })

/** The server that this user logged in to, and the token for it alone. */
export type Credentials = z.infer<typeof credentialsSchema>

export function credentialsFile(env: NodeJS.ProcessEnv = process.env): string {
  return userFile('credentials.json', env)
}

export function readCredentials(env: NodeJS.ProcessEnv = process.env): Credentials | null {
  return readUserFile(credentialsFile(env), credentialsSchema)
}

export function writeCredentials(credentials: Credentials, env: NodeJS.ProcessEnv = process.env): void {
  writeUserFile(credentialsFile(env), credentials)
}
