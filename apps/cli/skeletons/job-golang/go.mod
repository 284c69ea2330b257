module __package__

go 1.22
