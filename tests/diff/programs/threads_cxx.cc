/* SPDX-License-Identifier: MIT */
/* The threads of C++20's library: everything that it builds on futexes, thread-local storage and the
 * C library's threads. */
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <future>
#include <iostream>
#include <latch>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

static std::atomic<int> destroyed;

struct Local {
    int value = 0;
    ~Local()
    {
        destroyed++;
    }
};
static thread_local Local local;

static void show_locals()
{
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 50; i++)
            threads.emplace_back([] { local.value++; });
    }
    std::cout << "locals " << destroyed << ' ' << local.value << '\n';
}

static void show_locks()
{
    std::mutex plain;
    std::shared_mutex shared;
    std::recursive_timed_mutex timed;
    int a = 0, b = 0, c = 0, read = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; i++)
            threads.emplace_back([&] {
                for (int turn = 0; turn < 500; turn++) {
                    {
                        std::scoped_lock both(plain, timed);
                        a++, c++;
                    }
                    if (turn % 5 == 0) {
                        std::unique_lock one(shared);
                        b++;
                    } else {
                        std::shared_lock many(shared);
                        std::atomic_ref(read) += b >= 0;
                    }
                }
            });
    }
    std::unique_lock held(timed);
    bool got = true;
    std::jthread([&] { got = timed.try_lock_for(5ms); }).join();
    std::cout << "locks " << a << ' ' << b << ' ' << c << ' ' << read << ' ' << got << '\n';
}

static void show_waits()
{
    std::atomic<int> turn = 0;
    auto play = [&](int mine) {
        for (int i = 0; i < 200; i++) {
            for (int now = turn; now % 2 != mine; now = turn)
                turn.wait(now);
            turn++;
            turn.notify_one();
        }
    };
    {
        std::jthread one(play, 0), two(play, 1);
    }
    std::counting_semaphore<10> slots(3);
    std::latch start(9), end(8);
    std::barrier<> meet(8);
    std::atomic<int> inside = 0, most = 0, rounds = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int round = 0; round < 20; round++) {
                slots.acquire();
                int now = ++inside;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);)
                    ;
                inside--;
                slots.release();
                meet.arrive_and_wait();
                rounds++;
            }
            end.count_down();
        });
    start.arrive_and_wait();
    end.wait();
    std::cout << "waits " << turn << ' ' << rounds << ' ' << (most <= 3) << '\n';
}

static void show_futures()
{
    auto sum = [](long from, long to) {
        long all = 0;
        for (long i = from; i < to; i++)
            all += i;
        return all;
    };
    std::array<std::future<long>, 8> parts;
    for (int i = 0; i < 8; i++)
        parts[i] = std::async(std::launch::async, sum, i * 1000L, (i + 1) * 1000L);
    long total = 0;
    for (auto &part : parts)
        total += part.get();
    auto broken =
        std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown"); });
    try {
        broken.get();
    } catch (const std::exception &error) {
        std::cout << "futures " << total << ' ' << error.what() << '\n';
    }
    std::promise<std::string> promise;
    auto late = promise.get_future();
    std::jthread teller([&] {
        std::this_thread::sleep_for(10ms);
        promise.set_value("kept");
    });
    std::cout << (late.wait_for(0ms) == std::future_status::timeout) << ' ' << late.get() << '\n';
}

static void show_stops()
{
    std::mutex lock;
    std::condition_variable_any changed;
    int woken = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; i++)
        threads.emplace_back([&](std::stop_token stop) {
            std::unique_lock held(lock);
            changed.wait(held, stop, [] { return false; });
            woken++;
        });
    std::this_thread::sleep_for(5ms);
    for (auto &thread : threads)
        thread.request_stop();
    threads.clear();
    std::once_flag once;
    int times = 0;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] { std::call_once(once, [&] { times++; }); });
    threads.clear();
    std::cout << "stops " << woken << ' ' << times << '\n';
}

int main(int argc, char **)
{
    show_locals();
    show_locks();
    show_waits();
    show_futures();
    show_stops();
    std::cout.flush();
    if (argc > 1)
        std::thread([] { throw std::logic_error("nobody catches this"); }).join();
}
