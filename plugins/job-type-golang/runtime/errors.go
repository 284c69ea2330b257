package jobs

import "fmt"

// StatusError is an error that is answered with its own HTTP status. Any other error is answered with 500.
type StatusError struct {
	// Status is an HTTP status from 400 to 599; anything else is taken for 500.
	Status int
	// Message is what the caller gets to see.
	Message string
}

// Error is the message alone.
func (e *StatusError) Error() string { return e.Message }

// BadRequest makes an error that is the caller's fault, answered with 400.
// Arguments fill the format as in [fmt.Sprintf]; without any the text is taken as it is.
func BadRequest(format string, arguments ...any) error {
	if len(arguments) > 0 {
		format = fmt.Sprintf(format, arguments...)
	}
	return &StatusError{Status: 400, Message: format}
}
