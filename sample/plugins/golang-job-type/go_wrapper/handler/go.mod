// Stands in for the go.mod of a job until there is one.
module stub

go 1.22
