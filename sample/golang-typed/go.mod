module example.com/golang-typed

go 1.22
