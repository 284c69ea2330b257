package metrics

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTicks is USER_HZ, which Linux has fixed for programs whatever its own clock.
const clockTicks = 100

var begun = time.Now()

// AppendProcess writes what is known of the process and of Go's runtime.
func AppendProcess(text []byte) []byte {
	text = appendOne(text, "process_cpu_seconds_total", counter, "Processor time, of user and system", cpuSeconds())
	virtual, resident, start := readStat()
	text = appendOne(text, "process_resident_memory_bytes", gauge, "Resident memory", resident)
	if virtual > 0 {
		text = appendOne(text, "process_virtual_memory_bytes", gauge, "Virtual memory", virtual)
	}
	text = appendOne(text, "process_start_time_seconds", gauge, "Unix time of its start", start)
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		text = appendOne(text, "process_open_fds", gauge, "Open files", float64(len(files)))
	}
	return appendRuntime(text)
}

func appendRuntime(text []byte) []byte {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	text = appendHead(text, "go_info", gauge, "Version of Go")
	text = appendSample(text, "go_info", []label{{"version", runtime.Version()}}, 1)
	text = appendOne(text, "go_goroutines", gauge, "Goroutines", float64(runtime.NumGoroutine()))
	text = appendOne(text, "go_memstats_heap_inuse_bytes", gauge, "Heap in use", float64(memory.HeapInuse))
	text = appendOne(text, "go_memstats_sys_bytes", gauge, "Memory taken from the system", float64(memory.Sys))
	text = appendOne(text, "go_memstats_mallocs_total", counter, "Objects allocated", float64(memory.Mallocs))
	return appendOne(text, "go_gc_cycles_total", counter, "Collections of garbage", float64(memory.NumGC))
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// readStat falls back to what the runtime knows where there is no /proc.
func readStat() (virtual, resident, start float64) {
	var memory runtime.MemStats
	start = float64(begun.UnixMilli()) / 1000
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		runtime.ReadMemStats(&memory)
		return 0, float64(memory.Sys), start
	}
	// The name of the program may hold anything, even a parenthesis.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 22 {
		return 0, 0, start
	}
	ticks, _ := strconv.ParseFloat(fields[19], 64)
	virtual, _ = strconv.ParseFloat(fields[20], 64)
	pages, _ := strconv.ParseFloat(fields[21], 64)
	if booted := bootTime(); booted > 0 {
		start = booted + ticks/clockTicks
	}
	return virtual, pages * float64(os.Getpagesize()), start
}

func bootTime() float64 {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), "\nbtime ")
	line, _, _ := strings.Cut(rest, "\n")
	seconds, _ := strconv.ParseFloat(line, 64)
	return seconds
}
