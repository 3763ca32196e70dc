/*
 * infiniservice-host.exe: what Windows' Service Control Manager (SCM) starts, because no JavaScript runtime speaks to it.
 * It runs infiniservice.exe from its own folder as a child, restarts it with backoff, writes to the Application event log, and
 * replaces the executable while nobody runs it. Source: learn.microsoft.com, "Service program tasks", "Job objects".
 *
 * Self-update: the contract of packaging/infiniservice-guard, for P = infiniservice.exe. The agent leaves P.new and P.trial
 * (state=staged) and ends; this program swaps while nobody runs it. A trial that is started more than MOST_STARTS times, or that
 * is not confirmed (P.trial removed by the agent) in time, is taken back. The files are the whole state, so a power cut or a stop
 * of the service at any moment leaves a program that starts.
 *
 * "infiniservice-host.exe --console" does the same without the SCM, until its standard input ends (for tests).
 */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define NAME L"Infiniservice"
#define MOST_STARTS 3
#ifndef TRIAL_MS /* a test has a shorter one */
#define TRIAL_MS 75000u /* agent.md: the handshake comes within 60 s, then the agent takes itself back; this is for one that hangs */
#endif
#define STOP_MS 20000u       /* a child that is asked to end has this long */
#define FIRST_BACKOFF_MS 1000u
#define MAX_BACKOFF_MS 60000u
#define HEALTHY_MS 60000u    /* after running so long, the next restart is a first one again */

static SERVICE_STATUS_HANDLE service;
static HANDLE stop_event;
static HANDLE job;
static ULONGLONG trial_end; /* by GetTickCount64; 0: no trial was started by this process */
static wchar_t folder[MAX_PATH], agent[MAX_PATH + 32], staged[MAX_PATH + 32], previous[MAX_PATH + 32], trial[MAX_PATH + 32],
  returned[MAX_PATH + 32], writing[MAX_PATH + 32];

/* The lines of P.trial; longer values are cut. */
struct note {
  char version[65], from[65], state[17], reason[257];
  int starts;
};

static void report(WORD type, const wchar_t *text) {
  HANDLE log = RegisterEventSourceW(NULL, NAME);
  if (log) {
    ReportEventW(log, type, 0, 1, NULL, 1, 0, &text, NULL);
    DeregisterEventSource(log);
  }
  if (!service) fwprintf(stderr, L"%ls\n", text);
}

static void report_number(WORD type, const wchar_t *text, DWORD number) {
  wchar_t line[256];
  _snwprintf(line, 255, L"%ls (%lu)", text, (unsigned long)number);
  line[255] = 0;
  report(type, line);
}

static void tell_scm(DWORD state, DWORD wait_ms) {
  SERVICE_STATUS status = {0};
  if (!service) return;
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwWaitHint = wait_ms;
  if (state == SERVICE_RUNNING) status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
  SetServiceStatus(service, &status);
}

static BOOL exists(const wchar_t *path) { return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES; }

static BOOL move(const wchar_t *from, const wchar_t *to) {
  /* A virus scanner may hold a new file for a moment. */
  for (int tries = 0; tries < 20; tries++) {
    if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return TRUE;
    if (WaitForSingleObject(stop_event, 250) == WAIT_OBJECT_0) break;
  }
  report_number(EVENTLOG_ERROR_TYPE, L"An executable could not be renamed", GetLastError());
  return FALSE;
}

static BOOL on_trial(void) { return exists(trial); }

/* Copies what follows the name, without the line's end. */
static void take(const char *line, const char *name, char *to, size_t size) {
  size_t length = strlen(name);
  if (strncmp(line, name, length) != 0) return;
  snprintf(to, size, "%s", line + length);
  to[strcspn(to, "\r\n")] = 0;
}

static BOOL read_note(struct note *note) {
  char line[512], starts[8] = "0";
  FILE *file = _wfopen(trial, L"rb");
  memset(note, 0, sizeof *note);
  if (!file) return FALSE;
  while (fgets(line, sizeof line, file)) {
    take(line, "version=", note->version, sizeof note->version);
    take(line, "from=", note->from, sizeof note->from);
    take(line, "state=", note->state, sizeof note->state);
    take(line, "reason=", note->reason, sizeof note->reason);
    take(line, "starts=", starts, sizeof starts);
  }
  fclose(file);
  note->starts = atoi(starts);
  return TRUE;
}

/* By rename, so that a power cut leaves the old note or the new one whole. */
static void write_note(const wchar_t *path, const struct note *note) {
  FILE *file = _wfopen(writing, L"wb");
  if (!file) return;
  fprintf(file, "version=%s\nfrom=%s\n", note->version, note->from);
  if (note->reason[0]) fprintf(file, "reason=%s\n", note->reason);
  else fprintf(file, "state=trial\nstarts=%d\n", note->starts);
  fflush(file);
  _commit(_fileno(file));
  fclose(file);
  move(writing, path);
}

static void take_back(struct note *note, const char *reason) {
  wchar_t text[400];
  trial_end = 0;
  if (!exists(previous)) {
    report(EVENTLOG_ERROR_TYPE, L"There is no previous agent to return to; reinstall it if it does not start");
    DeleteFileW(trial);
    return;
  }
  snprintf(note->reason, sizeof note->reason, "%s", reason);
  _snwprintf(text, 399, L"The agent's update to %hs was taken back: %hs", note->version, reason);
  text[399] = 0;
  report(EVENTLOG_ERROR_TYPE, text);
  write_note(returned, note);
  if (move(previous, agent)) DeleteFileW(trial);
}

/* Returns FALSE when the swap cannot be made now; the agent that is in place goes on. */
static BOOL swap(void) {
  if (!exists(staged)) return exists(previous); /* the power went after the swap and before the note */
  if (!move(agent, previous)) return FALSE;
  if (move(staged, agent)) return TRUE;
  move(previous, agent);
  return FALSE;
}

/* While no child runs: what packaging/infiniservice-guard does on Linux before a start. */
static void before_start(void) {
  struct note note;
  if (!exists(agent) && exists(previous)) {
    report(EVENTLOG_WARNING_TYPE, L"The agent is missing; the previous one is used");
    move(previous, agent);
    DeleteFileW(trial);
  }
  if (!read_note(&note)) { trial_end = 0; return; }
  if (strcmp(note.state, "return") == 0) { take_back(&note, note.reason[0] ? note.reason : "the agent asked for it"); return; }
  note.reason[0] = 0;
  if (strcmp(note.state, "staged") == 0) {
    trial_end = 0;
    note.starts = 0;
    if (!swap()) { DeleteFileW(trial); return; }
    report(EVENTLOG_INFORMATION_TYPE, L"The agent was updated; the update is on trial");
  }
  if (trial_end == 0) trial_end = GetTickCount64() + TRIAL_MS;
  note.starts++;
  if (note.starts > MOST_STARTS) take_back(&note, "it did not stay up in 3 starts");
  else if (GetTickCount64() > trial_end) take_back(&note, "no handshake within 60 s");
  else write_note(trial, &note);
}

static HANDLE start_agent(void) {
  STARTUPINFOW startup = {0};
  PROCESS_INFORMATION child;
  wchar_t line[MAX_PATH + 64];
  startup.cb = sizeof startup;
  _snwprintf(line, MAX_PATH + 63, L"\"%ls\"", agent);
  /* Variables that would turn the executable into the whole of its runtime. */
  SetEnvironmentVariableW(L"BUN_BE_BUN", NULL);
  SetEnvironmentVariableW(L"BUN_OPTIONS", NULL);
  SetEnvironmentVariableW(L"NODE_OPTIONS", NULL);
  /* Suspended until it is in the job: no grandchild can escape. */
  if (!CreateProcessW(agent, line, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP, NULL, folder, &startup, &child)) {
    report_number(EVENTLOG_ERROR_TYPE, L"The agent could not be started", GetLastError());
    return NULL;
  }
  AssignProcessToJobObject(job, child.hProcess);
  ResumeThread(child.hThread);
  CloseHandle(child.hThread);
  return child.hProcess;
}

static void end_child(HANDLE child) {
  /* It has no console to be asked by; its journal makes a sudden end harmless. The job takes its children along. */
  TerminateJobObject(job, 0);
  WaitForSingleObject(child, STOP_MS);
}

/* Waits for the child; returns FALSE when the service is to stop. */
static BOOL watch(HANDLE child) {
  HANDLE both[2] = {stop_event, child};
  for (;;) {
    DWORD happened = WaitForMultipleObjects(2, both, FALSE, on_trial() ? 1000 : INFINITE);
    if (happened == WAIT_OBJECT_0) return FALSE;
    if (happened == WAIT_OBJECT_0 + 1) return TRUE;
    if (trial_end && on_trial() && GetTickCount64() > trial_end) end_child(child); /* before_start takes it back */
  }
}

static void run(void) {
  DWORD backoff = FIRST_BACKOFF_MS;
  for (;;) {
    ULONGLONG started = GetTickCount64();
    before_start();
    HANDLE child = start_agent();
    if (child) {
      BOOL ended = watch(child);
      DWORD code = 0;
      if (!ended) end_child(child);
      GetExitCodeProcess(child, &code);
      CloseHandle(child);
      if (!ended) return;
      if (on_trial()) backoff = FIRST_BACKOFF_MS; /* it handed over an update, or is on trial: its three starts bound this */
      report_number(EVENTLOG_WARNING_TYPE, L"The agent ended and is started again; exit code", code);
    }
    if (GetTickCount64() - started > HEALTHY_MS) backoff = FIRST_BACKOFF_MS;
    if (WaitForSingleObject(stop_event, backoff) == WAIT_OBJECT_0) return;
    backoff = backoff * 2 > MAX_BACKOFF_MS ? MAX_BACKOFF_MS : backoff * 2;
  }
}

static BOOL prepare(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  DWORD length = GetModuleFileNameW(NULL, folder, MAX_PATH);
  wchar_t *end = wcsrchr(folder, L'\\');
  if (length == 0 || length >= MAX_PATH || !end) return FALSE;
  *end = 0;
  _snwprintf(agent, MAX_PATH + 31, L"%ls\\infiniservice.exe", folder);
  _snwprintf(staged, MAX_PATH + 31, L"%ls.new", agent);
  _snwprintf(previous, MAX_PATH + 31, L"%ls.previous", agent);
  _snwprintf(trial, MAX_PATH + 31, L"%ls.trial", agent);
  _snwprintf(returned, MAX_PATH + 31, L"%ls.returned", agent);
  _snwprintf(writing, MAX_PATH + 31, L"%ls.note", agent);
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  job = CreateJobObjectW(NULL, NULL);
  if (!stop_event || !job) return FALSE;
  /* Should this process die, the agent and its scripts go with it: the SCM's recovery starts all anew. */
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, LPVOID data, LPVOID context) {
  (void)type; (void)data; (void)context;
  if (control == SERVICE_CONTROL_INTERROGATE) return NO_ERROR;
  if (control != SERVICE_CONTROL_STOP && control != SERVICE_CONTROL_SHUTDOWN) return ERROR_CALL_NOT_IMPLEMENTED;
  tell_scm(SERVICE_STOP_PENDING, STOP_MS + 5000);
  SetEvent(stop_event);
  return NO_ERROR;
}

static void WINAPI service_main(DWORD count, LPWSTR *arguments) {
  (void)count; (void)arguments;
  service = RegisterServiceCtrlHandlerExW(NAME, on_control, NULL);
  if (!service) return;
  tell_scm(SERVICE_START_PENDING, 5000);
  if (prepare()) {
    tell_scm(SERVICE_RUNNING, 0);
    run();
  } else report_number(EVENTLOG_ERROR_TYPE, L"The service host could not prepare itself", GetLastError());
  tell_scm(SERVICE_STOPPED, 0);
}

static DWORD WINAPI wait_for_input_end(LPVOID unused) {
  (void)unused;
  while (getchar() != EOF) {}
  SetEvent(stop_event);
  return 0;
}

int wmain(int count, wchar_t **arguments) {
  SERVICE_TABLE_ENTRYW table[] = {{NAME, service_main}, {NULL, NULL}};
  if (count == 2 && wcscmp(arguments[1], L"--console") == 0) {
    if (!prepare()) return 1;
    CreateThread(NULL, 0, wait_for_input_end, NULL, 0, NULL);
    run();
    return 0;
  }
  if (StartServiceCtrlDispatcherW(table)) return 0;
  fwprintf(stderr, L"infiniservice-host.exe is started by Windows' service manager: sc start " NAME L"\n");
  return 1;
}
