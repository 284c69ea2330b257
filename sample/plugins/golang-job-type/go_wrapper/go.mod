module go_wrapper

go 1.22

require racetrack/job v0.0.0

replace racetrack/job => ./handler
