/* Stands for an agent in tests of the service host. MODE 0 runs until it is ended, 1 crashes, 2 confirms its update and runs. */
#include <stdio.h>
#include <windows.h>

int main(void) {
  FILE *log = fopen("started.txt", "ab");
  if (!log) return 1;
  fprintf(log, "%d;", VERSION);
  fclose(log);
  if (MODE == 1) return 7;
  if (MODE == 2) DeleteFileA("infiniservice.exe.trial");
  Sleep(INFINITE);
  return 0;
}
