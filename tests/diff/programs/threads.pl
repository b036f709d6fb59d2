# SPDX-License-Identifier: MIT
# Perl's threads: each gets a copy of the whole interpreter.
use strict;
use warnings;
use threads;
use threads::shared;
use Thread::Queue;
use Thread::Semaphore;

my ($count, $turn) : shared = (0, 0);
$count = $turn = 0;
my ($queue, $slots) = (Thread::Queue->new, Thread::Semaphore->new(2));
my @threads = map {
    threads->create(
        sub {
            my $number = shift;
            for (1 .. 50) { lock($count); $count++ }
            $slots->down;
            $queue->enqueue($number * 10);
            $slots->up;
            lock($turn);
            cond_wait($turn) until $turn == $number;
            $turn++;
            cond_broadcast($turn);
            return $number**2;
        },
        $_
    )
} 0 .. 4;
my @results = map { $_->join } @threads;
$queue->end;
my $sum = 0;
while (defined(my $item = $queue->dequeue)) { $sum += $item }
print "@results $count $turn $sum\n";
my $dead = threads->create(sub { die "in a thread\n" });
$dead->join;
print "died: ", $dead->error;
