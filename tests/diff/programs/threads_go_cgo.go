// SPDX-License-Identifier: MIT
//
//go:build cgo_threads

// With this file Go's threads are made by the C library, and signals go through its handlers.
package main

// static int twice(int n) { return 2 * n; }
import "C"
import "fmt"

func init() {
	done := make(chan C.int)
	for i := 0; i < 20; i++ {
		go func(i int) { done <- C.twice(C.int(i)) }(i)
	}
	sum := 0
	for i := 0; i < 20; i++ {
		sum += int(<-done)
	}
	fmt.Println("cgo:", sum)
}
