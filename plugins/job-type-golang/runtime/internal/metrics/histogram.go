package metrics

import (
	"math"
	"sort"
	"sync/atomic"
)

// bounds are seconds, as users' dashboards know them.
var bounds = [...]float64{
	.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75,
	1, 2.5, 5, 7.5, 10, 25, 50, 75, 100, 250, 500, 750, 1000,
}

type histogram struct {
	counts [len(bounds) + 1]atomic.Int64
	sum    atomic.Uint64
}

func (h *histogram) observe(seconds float64) {
	h.counts[sort.SearchFloat64s(bounds[:], seconds)].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+seconds)) {
			return
		}
	}
}

func (h *histogram) append(text []byte, name string, labels []label) []byte {
	total := int64(0)
	for index := range h.counts {
		total += h.counts[index].Load()
		bound := math.Inf(1)
		if index < len(bounds) {
			bound = bounds[index]
		}
		text = appendSample(text, name+"_bucket", append(labels[:len(labels):len(labels)], label{"le", number(bound)}), float64(total))
	}
	text = appendSample(text, name+"_count", labels, float64(total))
	return appendSample(text, name+"_sum", labels, math.Float64frombits(h.sum.Load()))
}
