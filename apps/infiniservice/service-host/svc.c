/*
 * infiniservice-host.exe: what Windows' Service Control Manager (SCM) starts, because no JavaScript runtime speaks to it.
 * It runs infiniservice.exe from its own folder as a child, restarts it with backoff, writes to the Application event log, and
 * replaces the executable while nobody runs it. Source: learn.microsoft.com, "Service program tasks", "Job objects".
 *
 * Self-update, by names in this folder:
 *   infiniservice.new.exe  a verified update: the agent writes it (under another name, then renames) and ends
 *   infiniservice.old.exe  the executable before: while it is there the update is on trial
 *   infiniservice.bad.exe  an update that failed its trial
 * The host swaps while the child is down. The agent ends the trial by deleting infiniservice.old.exe after its handshake. A child
 * that ends on trial, or a trial of more than TRIAL_MS, brings the old executable back. The files are the whole state, so a power
 * cut or a stop of the service at any moment leaves one executable that starts.
 *
 * "infiniservice-host.exe --console" does the same without the SCM, until its standard input ends (for tests).
 */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define NAME L"Infiniservice"
#define TRIAL_MS 90000u      /* agent.md: the handshake comes within 60 s of the start; the rest is for slow disks */
#define STOP_MS 20000u       /* a child that is asked to end has this long */
#define FIRST_BACKOFF_MS 1000u
#define MAX_BACKOFF_MS 60000u
#define HEALTHY_MS 60000u    /* after running so long, the next restart is a first one again */

static SERVICE_STATUS_HANDLE service;
static HANDLE stop_event;
static HANDLE job;
static wchar_t folder[MAX_PATH], agent[MAX_PATH + 32], update[MAX_PATH + 32], old[MAX_PATH + 32], bad[MAX_PATH + 32];

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

static BOOL on_trial(void) { return exists(old); }

static void bring_back(const wchar_t *why) {
  report(EVENTLOG_ERROR_TYPE, why);
  if (exists(agent) && !move(agent, bad)) return;
  move(old, agent);
}

/* Called while no child runs. */
static void swap_if_asked(void) {
  if (!exists(agent) && exists(old)) move(old, agent); /* the power went between two renames */
  if (!exists(update)) return;
  if (!exists(agent)) { move(update, agent); return; }
  if (!move(agent, old)) return;
  if (move(update, agent)) report(EVENTLOG_INFORMATION_TYPE, L"The agent was updated; the update is on trial");
  else move(old, agent);
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

/* Waits for the child; returns FALSE when the service is to stop. */
static BOOL watch(HANDLE child) {
  HANDLE both[2] = {stop_event, child};
  ULONGLONG started = GetTickCount64();
  for (;;) {
    DWORD happened = WaitForMultipleObjects(2, both, FALSE, on_trial() ? 1000 : INFINITE);
    if (happened == WAIT_OBJECT_0) return FALSE;
    if (happened == WAIT_OBJECT_0 + 1) return TRUE;
    if (on_trial() && GetTickCount64() - started > TRIAL_MS) {
      TerminateProcess(child, 1);
      WaitForSingleObject(child, STOP_MS);
      return TRUE;
    }
  }
}

static void end_child(HANDLE child) {
  /* It has no console to be asked by; its journal makes a sudden end harmless. The job takes its children along. */
  TerminateJobObject(job, 0);
  WaitForSingleObject(child, STOP_MS);
}

static void run(void) {
  DWORD backoff = FIRST_BACKOFF_MS;
  for (;;) {
    ULONGLONG started = GetTickCount64();
    swap_if_asked();
    HANDLE child = start_agent();
    if (child) {
      BOOL ended = watch(child);
      DWORD code = 0;
      if (!ended) end_child(child);
      GetExitCodeProcess(child, &code);
      CloseHandle(child);
      if (!ended) return;
      /* An end that hands over an update is no failure, and no trial has begun. */
      if (exists(update)) { backoff = FIRST_BACKOFF_MS; continue; }
      report_number(EVENTLOG_WARNING_TYPE, L"The agent ended and is started again; exit code", code);
    }
    if (on_trial()) bring_back(L"The update did not hold its trial; the agent before it is back");
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
  _snwprintf(update, MAX_PATH + 31, L"%ls\\infiniservice.new.exe", folder);
  _snwprintf(old, MAX_PATH + 31, L"%ls\\infiniservice.old.exe", folder);
  _snwprintf(bad, MAX_PATH + 31, L"%ls\\infiniservice.bad.exe", folder);
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
