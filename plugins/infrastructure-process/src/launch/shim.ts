/**
 * The program that stands between the platform and a job: it outlives the platform, starts the job, passes SIGTERM on
 * and records how the job ended. It is a shell's, since a shell is everywhere and costs about 1 MB.
 *
 * Arguments: the instance's directory, then the job's command. It waits for a line on standard input first, and ends
 * when there is none: the platform writes it once the process is on record, so that a platform which dies in between
 * leaves nothing running that nobody knows of. Its memory holds the job's secrets: no image of it is ever written. Its variables are named so that they meet none of the job's, since a
 * shell hands changes of inherited variables on. A wait that a signal interrupts is taken up again; 127 then means
 * that the first one had already collected the job. The end is recorded without starting a program, since a job may
 * have used up all the processes that there may be. The text is fixed; values only ever are arguments.
 */
export const SHIM = `
ulimit -c 0 2>/dev/null
read -r __racetrack_go || exit 125
exec </dev/null
__racetrack_dir=$1
shift
__racetrack_job=
__racetrack_signal=
trap '__racetrack_signal=1; [ -z "$__racetrack_job" ] || kill -TERM "$__racetrack_job" 2>/dev/null' TERM INT HUP
"$@" &
__racetrack_job=$!
[ -z "$__racetrack_signal" ] || kill -TERM "$__racetrack_job" 2>/dev/null
__racetrack_code=
while :; do
  __racetrack_signal=
  wait "$__racetrack_job"
  __racetrack_now=$?
  [ "$__racetrack_now" -eq 127 ] && [ -n "$__racetrack_code" ] && break
  __racetrack_code=$__racetrack_now
  [ -n "$__racetrack_signal" ] || break
done
trap '' TERM INT HUP
exec >/dev/null 2>&1
umask 077
printf '{"code":%d}\\n' "$__racetrack_code" >"$__racetrack_dir/exit.json"
`;

/** Name under which the shim stands in a list of processes. */
export const SHIM_NAME = 'racetrack-job';
