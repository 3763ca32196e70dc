/** What a colour means, everywhere: done or healthy, under way, needs attention, broken, nothing. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'
