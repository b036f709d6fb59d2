// SPDX-License-Identifier: MIT
//! The threads of Rust's standard library, which waits on futexes without the C library's help.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// A pool: workers that take jobs from one queue until it is closed.
struct Pool {
    jobs: Option<mpsc::Sender<Job>>,
    workers: Vec<thread::JoinHandle<usize>>,
}

impl Pool {
    fn new(size: usize) -> Pool {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let worker = |queue: Arc<Mutex<mpsc::Receiver<Job>>>| {
            move || {
                let mut done = 0;
                loop {
                    let job = queue.lock().unwrap().recv();
                    match job {
                        Ok(job) => job(),
                        Err(_) => return done,
                    }
                    done += 1;
                }
            }
        };
        let workers = (0..size).map(|_| thread::spawn(worker(queue.clone()))).collect();
        Pool { jobs: Some(jobs), workers }
    }

    fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.as_ref().unwrap().send(Box::new(job)).unwrap();
    }

    fn finish(mut self) -> usize {
        self.jobs = None;
        self.workers.drain(..).map(|worker| worker.join().unwrap()).sum()
    }
}

fn show_pool() {
    let pool = Pool::new(6);
    let counts = Arc::new(Mutex::new(HashMap::new()));
    for number in 0..1000usize {
        let counts = counts.clone();
        pool.run(move || *counts.lock().unwrap().entry(number % 7).or_insert(0) += number);
    }
    let done = pool.finish();
    let counts = counts.lock().unwrap();
    println!("pool {} {:?}", done, (0..7).map(|key| counts[&key]).collect::<Vec<usize>>());
}

fn show_channels() {
    let (to, from) = mpsc::sync_channel(3);
    let senders: Vec<_> = (0..4)
        .map(|who| {
            let to = to.clone();
            thread::spawn(move || (0..100).for_each(|number| to.send(who * 100 + number).unwrap()))
        })
        .collect();
    drop(to);
    let sum: usize = from.iter().sum();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let (_open, nothing) = mpsc::channel::<u8>();
    println!("channels {} {:?}", sum, nothing.recv_timeout(Duration::from_millis(5)));
}

fn show_parking() {
    let ready = Arc::new(AtomicBool::new(false));
    let sleeper = {
        let ready = ready.clone();
        thread::Builder::new()
            .name("sleeper".into())
            .spawn(move || {
                while !ready.load(Ordering::Acquire) {
                    thread::park();
                }
                thread::current().name().map(String::from)
            })
            .unwrap()
    };
    thread::park_timeout(Duration::from_millis(5));
    ready.store(true, Ordering::Release);
    sleeper.thread().unpark();
    println!("parking {:?}", sleeper.join().unwrap());
}

fn show_locks() {
    let shared = RwLock::new(vec![0; 10]);
    let (lock, changed) = (Mutex::new(0), Condvar::new());
    let (barrier, leaders, once) = (Barrier::new(5), AtomicUsize::new(0), Once::new());
    thread::scope(|scope| {
        for who in 0..5 {
            let (shared, lock, changed) = (&shared, &lock, &changed);
            let (barrier, leaders, once) = (&barrier, &leaders, &once);
            scope.spawn(move || {
                for turn in 0..100 {
                    if turn % 10 == who {
                        shared.write().unwrap()[who] += 1;
                    }
                    assert!(shared.read().unwrap().len() == 10);
                }
                once.call_once(|| leaders.store(100, Ordering::Relaxed));
                if barrier.wait().is_leader() {
                    leaders.fetch_add(1, Ordering::Relaxed);
                }
                let mut turn = lock.lock().unwrap();
                while *turn != who {
                    turn = changed.wait(turn).unwrap();
                }
                *turn += 1;
                changed.notify_all();
            });
        }
    });
    let late = changed.wait_timeout(lock.lock().unwrap(), Duration::from_millis(5)).unwrap().1.timed_out();
    println!("locks {:?} {:?} {}", shared.into_inner().unwrap(), leaders, late);
}

thread_local!(static LOCAL: Counted = Counted);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

struct Counted;
impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

fn show_ends() {
    let threads: Vec<_> = (0..30).map(|_| thread::spawn(|| LOCAL.with(|_| ()))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    std::panic::set_hook(Box::new(|_| ()));
    let poisoned = Arc::new(Mutex::new(1));
    let other = poisoned.clone();
    let panicked = thread::spawn(move || {
        let _held = other.lock().unwrap();
        panic!("in a thread");
    });
    println!("ends {:?} {} {}", DROPPED, panicked.join().is_err(), poisoned.lock().is_err());
}

fn deep(level: u64) -> u64 {
    let room = std::hint::black_box([level; 32]);
    if level == 0 { 0 } else { deep(level - 1) + room[7] }
}

fn main() {
    show_pool();
    show_channels();
    show_parking();
    show_locks();
    show_ends();
    let small = thread::Builder::new().stack_size(8 << 20).spawn(|| deep(10_000)).unwrap();
    println!("stack {}", small.join().unwrap());
    if std::env::args().count() > 1 {
        thread::Builder::new().stack_size(64 << 10).spawn(|| deep(10_000)).unwrap().join().unwrap();
    }
}
