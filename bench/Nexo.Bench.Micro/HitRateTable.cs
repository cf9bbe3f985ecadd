using System.Buffers.Binary;
using Nexo.Engine.Store;

namespace Nexo.Bench.Micro;

/// <summary>
/// Hit rates on Zipf traces with a cache that holds 1 % or 10 % of the keys: this engine under a memory limit, beside
/// exact LRU and FIFO with room for as many entries as the engine held in the end.
/// </summary>
internal static class HitRateTable
{
    private const int Keys = 200_000;
    private const int Requests = 3_000_000;

    public static void Print()
    {
        Console.WriteLine("zipf   capacity   entries    nexo     lru    fifo   (hit rate, second half of the trace)");
        foreach (double skew in (double[])[0.8, 0.99, 1.2])
        {
            int[] trace = Trace(skew);
            foreach (double share in (double[])[0.01, 0.1])
            {
                (double nexo, int entries) = Engine(trace, share);
                double lru = Listed(trace, entries, moveOnHit: true);
                double fifo = Listed(trace, entries, moveOnHit: false);
                Console.WriteLine($"{skew,4}   {share,8:P0}   {entries,7}   {nexo:P1}   {lru:P1}   {fifo:P1}");
            }
        }
    }

    private static (double HitRate, int Entries) Engine(int[] trace, double share)
    {
        var limits = new StoreLimits
        {
            MemoryBytesMax = (long)(Keys * share * 112),
            Eviction = StoreEviction.Evict,
            Shards = 1,
        };
        using var store = new StoreService(limits, TimeProvider.System);
        Span<byte> key = stackalloc byte[16];
        Span<byte> value = stackalloc byte[64];
        var writer = new FixedWriter(1_024);
        long hits = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(key, trace[i]);
            writer.Written = 0;
            if (store.Get(key, writer, out _) == StoreStatus.Ok)
            {
                hits += i >= trace.Length / 2 ? 1 : 0;
            }
            else
            {
                store.Set(key, value, default, null, out _);
            }
        }

        return (hits / (trace.Length / 2.0), (int)store.Stats.Entries);
    }

    private static double Listed(int[] trace, int capacity, bool moveOnHit)
    {
        var order = new LinkedList<int>();
        var nodes = new Dictionary<int, LinkedListNode<int>>(capacity);
        long hits = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            if (nodes.TryGetValue(trace[i], out LinkedListNode<int>? node))
            {
                hits += i >= trace.Length / 2 ? 1 : 0;
                if (moveOnHit)
                {
                    order.Remove(node);
                    order.AddFirst(node);
                }

                continue;
            }

            if (nodes.Count == capacity)
            {
                nodes.Remove(order.Last!.Value);
                order.RemoveLast();
            }

            nodes.Add(trace[i], order.AddFirst(trace[i]));
        }

        return hits / (trace.Length / 2.0);
    }

    /// <summary>Ranks by their Zipf weights, found in the cumulative sum; ranks are keys.</summary>
    private static int[] Trace(double skew)
    {
        double[] sums = new double[Keys];
        double sum = 0;
        for (int i = 0; i < Keys; i++)
        {
            sum += 1 / Math.Pow(i + 1, skew);
            sums[i] = sum;
        }

        var random = new Random(7);
        int[] trace = new int[Requests];
        for (int i = 0; i < trace.Length; i++)
        {
            int found = Array.BinarySearch(sums, random.NextDouble() * sum);
            trace[i] = Math.Min(found < 0 ? ~found : found, Keys - 1);
        }

        return trace;
    }
}
