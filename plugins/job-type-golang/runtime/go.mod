module racetrack/jobs

go 1.22
