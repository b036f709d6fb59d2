# SPDX-License-Identifier: MIT
"""Python's threading, queues, pools, timers, signals with threads, and SQLite's write-ahead log."""

import concurrent.futures
import hashlib
import os
import queue
import signal
import sqlite3
import threading
import time


def run_all(count, function):
    threads = [threading.Thread(target=function, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def queues():
    full, taken = queue.Queue(10), []

    def consume():
        while (number := full.get()) is not None:
            taken.append(number)

    consumers = [threading.Thread(target=consume) for _ in range(3)]
    for thread in consumers:
        thread.start()
    run_all(4, lambda who: [full.put(number) for number in range(100)])
    for _ in consumers:
        full.put(None)
    for thread in consumers:
        thread.join()
    print("queues", len(taken), sum(taken))


def pools():
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        sums = pool.map(lambda i: hashlib.sha256(bytes([i]) * 20000).digest()[0], range(40))
        print("pool", sum(sums))


def meetings():
    barrier, met, condition, woken = threading.Barrier(5), [], threading.Condition(), []
    run_all(5, lambda who: (barrier.wait(), met.append(who), barrier.wait()))

    def wait(who):
        with condition:
            if len(woken) == 0:
                condition.wait(0.05)
            woken.append(who)
            condition.notify_all()

    run_all(10, wait)
    event, local = threading.Event(), threading.local()
    threading.Timer(0.02, event.set).start()
    local.value = 1
    run_all(1, lambda who: met.append(hasattr(local, "value")))
    print("meetings", sorted(met), len(woken), event.wait(10), threading.Event().wait(0.01))


def crowd():
    threading.stack_size(256 << 10)
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(200)]
    for thread in threads:
        thread.start()
    print("crowd", len(os.listdir("/proc/self/task")), threading.active_count())
    end.set()
    for thread in threads:
        thread.join()


def signals():
    def tell(number, _frame):
        print("signal", number, threading.current_thread().name, flush=True)

    signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    run_all(2, lambda who: sum(range(200000)))
    time.sleep(0.1)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    main = threading.main_thread().ident
    run_all(1, lambda who: signal.pthread_kill(main, signal.SIGUSR1))
    print("waited for", signal.sigwait([signal.SIGUSR1]))


def write_ahead():
    path = "/tmp/threads.db"
    with sqlite3.connect(path) as first:
        print(first.execute("pragma journal_mode=wal").fetchone())
        first.execute("create table t(a)")

    def insert(who):
        own = sqlite3.connect(path, timeout=60)
        for number in range(20):
            with own:
                own.execute("insert into t values(?)", (who * 100 + number,))
        own.close()

    run_all(2, insert)
    print("rows", first.execute("select count(*), sum(a) from t").fetchone())
    first.close()
    print(sorted(name for name in os.listdir("/tmp") if name.startswith("threads")))


for part in (queues, pools, meetings, crowd, signals, write_ahead):
    part()
