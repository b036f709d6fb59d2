// SPDX-License-Identifier: MIT
//
// What Go's runtime asks of a kernel: goroutines on several threads, timers, a garbage collector that
// stops loops without calls by a signal (SIGURG), nil pointers that become panics, signals as values.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Each of n goroutines passes a number on, one more than it got.
func chain(n int) {
	first := make(chan int)
	from := first
	for i := 0; i < n; i++ {
		to := make(chan int)
		go func(from, to chan int) { to <- 1 + <-from }(from, to)
		from = to
	}
	first <- 0
	fmt.Println("chain:", <-from)
}

// Many goroutines that all work, under one lock and without.
func workers(n int) {
	var group sync.WaitGroup
	var lock sync.Mutex
	var count int64
	sums := map[[32]byte]int{}
	for i := 0; i < n; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			sum := sha256.Sum256([]byte(fmt.Sprint(i)))
			lock.Lock()
			sums[sum]++
			lock.Unlock()
			atomic.AddInt64(&count, int64(i))
		}(i)
	}
	group.Wait()
	fmt.Println("workers:", len(sums), count)
}

type node struct {
	left, right *node
	data        [40]byte
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func (n *node) size() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.size() + n.right.size()
}

// Trees built by several goroutines, most of them garbage at once.
func garbage() {
	var group sync.WaitGroup
	var nodes int64
	kept := tree(12)
	for g := 0; g < 4; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 10; i++ {
				atomic.AddInt64(&nodes, int64(tree(10).size()))
			}
		}()
	}
	group.Wait()
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("garbage:", nodes, kept.size(), stats.NumGC > 1)
}

// A loop without calls can be stopped by a signal alone.
func preemption() {
	var stop, turns int64
	before := runtime.GOMAXPROCS(1)
	go func() {
		for atomic.LoadInt64(&stop) == 0 {
			turns++
		}
	}()
	time.Sleep(20 * time.Millisecond)
	runtime.GC()
	atomic.StoreInt64(&stop, 1)
	runtime.GOMAXPROCS(before)
	fmt.Println("preemption: over")
}

func timers() {
	fired := map[int]bool{}
	var lock sync.Mutex
	done := make(chan bool)
	for _, ms := range []int{30, 10, 50, 20, 40} {
		ms, start := ms, time.Now()
		time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
			lock.Lock()
			late := time.Since(start) >= time.Duration(ms)*time.Millisecond
			fired[ms] = late
			full := len(fired) == 5
			lock.Unlock()
			if full {
				done <- true
			}
		})
	}
	<-done
	ticker := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-ticker.C
	}
	ticker.Stop()
	select {
	case <-make(chan int):
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timers:", fired)
	}
}

func recovered(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

//go:noinline
func deep(n int) int {
	var room [200]byte
	if n == 0 {
		return int(room[0])
	}
	return 1 + deep(n-1) + int(room[n%200])
}

func faults() {
	var null *node
	recovered("nil:", func() { fmt.Println(null.data[3]) })
	zero := 0
	recovered("divide:", func() { fmt.Println(1 / zero) })
	recovered("index:", func() { fmt.Println(os.Args[100+zero]) })
	fmt.Println("stack:", deep(50000))
	debug.SetPanicOnFault(true)
	memory, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	recovered("write:", func() { memory[7] = 1 })
}

func signals() {
	got := make(chan os.Signal, 10)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGHUP)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal:", <-got)
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	fmt.Println("signal:", <-got)
	signal.Reset()
}

// Goroutines bound to threads, which end with them.
func threads() {
	var group sync.WaitGroup
	ids := make(chan int, 20)
	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.LockOSThread()
			ids <- syscall.Gettid()
			time.Sleep(5 * time.Millisecond)
		}()
	}
	group.Wait()
	close(ids)
	seen := map[int]bool{}
	for id := range ids {
		seen[id] = true
	}
	fmt.Println("threads:", len(seen))
}

func files() {
	var group sync.WaitGroup
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 50; j++ {
				fmt.Fprintf(writer, "%03d\n", j)
			}
		}()
	}
	go func() { group.Wait(); writer.Close() }()
	total, buffer := 0, make([]byte, 100)
	for {
		n, err := reader.Read(buffer)
		total += n
		if err != nil {
			fmt.Println("pipe:", total, err)
			break
		}
	}
	reader, _, _ = os.Pipe()
	reader.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = reader.Read(buffer)
	fmt.Println("deadline:", err)
}

func main() {
	chain(10000)
	workers(2000)
	garbage()
	preemption()
	timers()
	faults()
	signals()
	threads()
	files()
	if len(os.Args) > 1 {
		var null *node
		fmt.Println(null.data)
	}
}
