module golang-function

go 1.22
