# What all Go jobs share; built once for each version of the plugin.
FROM golang:1.26-alpine

WORKDIR /src/go_wrapper
COPY go_wrapper/ ./

# Built once with the stub: that shows mistakes early, and leaves the standard library compiled.
RUN go build -o /dev/null . && rm -r handler

LABEL racetrack-component="job"
CMD ["./go_wrapper"]
