// Adds numbers and does nothing else: `bare PORT`.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("POST /api/v1/perform", add)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}

func add(writer http.ResponseWriter, request *http.Request) {
	var input struct {
		Numbers []float64 `json:"numbers"`
	}
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = json.Unmarshal(body, &input)
	}
	if err != nil {
		http.Error(writer, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	sum := 0.0
	for _, number := range input.Numbers {
		sum += number
	}
	text, _ := json.Marshal(sum)
	writer.Header().Set("Content-Type", "application/json")
	writer.Write(text)
}
