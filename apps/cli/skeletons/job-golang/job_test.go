package job

import "testing"

func TestAddsUp(t *testing.T) {
	output, err := Perform(Input{Numbers: []float64{40, 2}})
	if err != nil || output != (Output{Total: 42, Unit: "EUR"}) {
		t.Errorf("got %v and %v", output, err)
	}
}

func TestRefusesNothing(t *testing.T) {
	if _, err := Perform(Input{}); err == nil {
		t.Error("it was not refused")
	}
}
