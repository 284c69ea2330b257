// A web service around one Go function: the job.
package main

import (
	"log"

	job "racetrack/job"
)

func main() {
	if err := serve(job.Perform); err != nil {
		log.Fatal(err)
	}
}
