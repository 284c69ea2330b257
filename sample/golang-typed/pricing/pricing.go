// Package pricing knows what customers pay, whoever asks.
package pricing

// Discount is the part of the sum that a customer need not pay.
func Discount(sum float64, isMember bool) float64 {
	switch {
	case isMember && sum >= 100:
		return 0.1
	case isMember:
		return 0.05
	}
	return 0
}
