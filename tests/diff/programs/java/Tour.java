// SPDX-License-Identifier: MIT
// What a Java virtual machine asks of a kernel: threads, monitors, parking, faults that become exceptions,
// stacks with guards, a collector that stops all threads, files and channels, compiled code.
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

public class Tour {
    static int depth;
    static Node kept;

    static class Node {
        Node left, right;
        byte[] data = new byte[24];

        Node(int levels) {
            if (levels > 0) {
                left = new Node(levels - 1);
                right = new Node(levels - 1);
            }
        }

        int size() {
            return 1 + (left == null ? 0 : left.size() + right.size());
        }
    }

    static void threads() throws Exception {
        var pool = Executors.newFixedThreadPool(6);
        List<Future<Long>> parts = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            int number = i;
            parts.add(pool.submit(() -> IntStream.range(0, 20000).mapToLong(j -> (long) j * number).sum()));
        }
        long sum = 0;
        for (var part : parts)
            sum += part.get();
        pool.shutdown();
        System.out.println("pool " + sum + ' ' + pool.awaitTermination(10, TimeUnit.SECONDS));
        int[] count = {0};
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++)
            (threads[i] = new Thread(() -> {
                for (int turn = 0; turn < 1000; turn++)
                    synchronized (count) {
                        count[0]++;
                    }
            })).start();
        for (var thread : threads)
            thread.join();
        System.out.println("monitor " + count[0]);
        Thread parked = new Thread(() -> {
            LockSupport.park();
            System.out.println("parked " + Thread.interrupted());
        });
        parked.start();
        Thread.sleep(5);
        parked.interrupt();
        parked.join();
        var timer = Executors.newScheduledThreadPool(2);
        var ticks = new CountDownLatch(4);
        timer.scheduleAtFixedRate(ticks::countDown, 2, 2, TimeUnit.MILLISECONDS);
        System.out.println("ticks " + ticks.await(60, TimeUnit.SECONDS));
        timer.shutdownNow();
        var map = new ConcurrentHashMap<Integer, Integer>();
        IntStream.range(0, 5000).parallel().forEach(i -> map.merge(i % 10, 1, Integer::sum));
        var both = CompletableFuture.supplyAsync(() -> "a").thenCombine(CompletableFuture.supplyAsync(() -> "b"), String::concat);
        System.out.println("parallel " + map + ' ' + both.get());
    }

    static void deep() {
        depth++;
        deep();
    }

    static void faults() {
        try {
            System.out.println(kept.left.left.data);
        } catch (NullPointerException error) {
            System.out.println("null");
        }
        try {
            System.out.println(1 / (depth - depth));
        } catch (ArithmeticException error) {
            System.out.println("divide");
        }
        try {
            deep();
        } catch (StackOverflowError error) {
            System.out.println("stack " + (depth > 1000));
        }
        try {
            long[][] rows = new long[100000][];
            for (int i = 0; i < rows.length; i++)
                rows[i] = new long[1 << 20];
        } catch (OutOfMemoryError error) {
            System.out.println("memory");
        }
    }

    static void garbage() throws Exception {
        kept = new Node(12);
        long[] sums = new long[3];
        Thread[] threads = new Thread[3];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            (threads[i] = new Thread(() -> {
                for (int turn = 0; turn < 40; turn++)
                    sums[number] += new Node(11).size();
            })).start();
        }
        for (var thread : threads)
            thread.join();
        System.gc();
        System.out.println("garbage " + kept.size() + ' ' + Arrays.stream(sums).sum());
        kept = new Node(0);
    }

    static void files() throws Exception {
        Path path = Files.createTempFile("tour", ".txt");
        Files.write(path, "line\n".repeat(1000).getBytes());
        try (var channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 5000);
            mapped.put(0, (byte) 'L');
            System.out.println("files " + channel.size() + ' ' + Files.readAllLines(path).get(0));
        }
        Files.delete(path);
        var bytes = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(bytes)) {
            zip.write(new byte[100000]);
        }
        Pipe pipe = Pipe.open();
        pipe.sink().write(ByteBuffer.wrap("through a pipe".getBytes()));
        System.out.println("pipe " + pipe.source().read(ByteBuffer.allocate(100)) + ' ' + bytes.size());
    }

    public static void main(String[] arguments) throws Exception {
        threads();
        garbage();
        faults();
        files();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("end")));
        System.exit(arguments.length);
    }
}
