// Package order prices an order: its input and output are structs, and another job adds up the numbers.
package order

import (
	"context"
	"os"

	"example.com/golang-typed/pricing"
	"racetrack/jobs"
)

// Item is one line of an order.
type Item struct {
	Name  string  `json:"name" doc:"what is ordered"`
	Price float64 `json:"price" doc:"of one piece, in euros"`
	// Pieces may be left out.
	Pieces *int `json:"pieces" doc:"one piece when left out"`
}

// Order is what a call sends.
type Order struct {
	Items  []Item `json:"items"`
	Member bool   `json:"member,omitempty" doc:"whether the customer gets a discount"`
}

// Bill is what a call gets back.
type Bill struct {
	Sum      float64 `json:"sum" doc:"in euros, before the discount"`
	Discount float64 `json:"discount" doc:"in euros"`
	Total    float64 `json:"total" doc:"in euros"`
}

// adder is the job that adds up, `golang-function` unless ADDER names another one.
var adder = "golang-function"

// Init is called once the job is reachable for probes; calls wait until it has ended.
func Init() error {
	if name := os.Getenv("ADDER"); name != "" {
		adder = name
	}
	return nil
}

// Perform prices an order.
//
// The sum comes from another job, members get a discount.
func Perform(ctx context.Context, order Order) (Bill, error) {
	if len(order.Items) == 0 {
		return Bill{}, jobs.BadRequest("an order needs at least one item")
	}
	sum, err := jobs.CallAs[float64](ctx, adder, map[string]any{"numbers": prices(order.Items)})
	if err != nil {
		return Bill{}, err
	}
	discount := sum * pricing.Discount(sum, order.Member)
	jobs.Logger(ctx).Info("priced an order", "items", len(order.Items))
	return Bill{Sum: sum, Discount: discount, Total: sum - discount}, nil
}

func prices(items []Item) []float64 {
	var all []float64
	for _, item := range items {
		pieces := 1
		if item.Pieces != nil {
			pieces = *item.Pieces
		}
		all = append(all, item.Price*float64(pieces))
	}
	return all
}

// DocsInputExample fills in the form on the job's Swagger page.
func DocsInputExample() map[string]any {
	return map[string]any{"items": []any{map[string]any{"name": "tea", "price": 2.5, "pieces": 4}}, "member": true}
}

// AuxiliaryEndpoints are functions beside Perform, here POST /api/v1/discount.
func AuxiliaryEndpoints() map[string]any {
	return map[string]any{"/discount": discountOf}
}

type discountInput struct {
	Sum    float64 `json:"sum"`
	Member bool    `json:"member,omitempty"`
}

func discountOf(input discountInput) float64 {
	return pricing.Discount(input.Sum, input.Member)
}
