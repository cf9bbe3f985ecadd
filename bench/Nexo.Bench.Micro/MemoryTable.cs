using System.Buffers.Binary;
using System.Diagnostics;
using Nexo.Engine.Store;

namespace Nexo.Bench.Micro;

/// <summary>
/// Bytes per key for 16-byte keys and 64-byte values, keys in random order and in rising order; and the longest gap that a
/// thread reading beside the load saw.
/// </summary>
internal static class MemoryTable
{
    private const int KeyBytes = 16;
    private const int ValueBytes = 64;

    public static void Print(int[] sizes)
    {
        // A first round for the process itself: compiled code and the first pages of everything.
        Load(10_000, ordered: false, out _, out _).Dispose();
        Console.WriteLine("order   entries   used B/key  resident B/key  overhead  load CPU ns/key  longest gap of a reader");
        foreach (int entries in sizes.Length == 0 ? [1_000_000, 5_000_000] : sizes)
        {
            Measure(entries, ordered: false);
            Measure(entries, ordered: true);
        }
    }

    private static void Measure(int entries, bool ordered)
    {
        GC.Collect();
        long before = Resident();
        using StoreService store = Load(entries, ordered, out double nanoseconds, out _);
        double used = (double)store.Stats.UsedBytes / entries;
        double resident = (double)(Resident() - before) / entries;
        store.Dispose();
        Load(entries, ordered, out _, out TimeSpan gap, withReader: true).Dispose();
        Console.WriteLine(
            $"{(ordered ? "rising" : "random"),-6} {entries,9}   {used,10:F1}  {resident,14:F1}"
            + $"  {resident - KeyBytes - ValueBytes,8:F1}  {nanoseconds,15:F0}  {gap.TotalMilliseconds:F2} ms");
    }

    private static StoreService Load(
        int entries, bool ordered, out double nanoseconds, out TimeSpan gap, bool withReader = false)
    {
        var store = new StoreService(new StoreLimits(), TimeProvider.System);
        Span<byte> key = stackalloc byte[KeyBytes];
        Span<byte> value = stackalloc byte[ValueBytes];
        WriteKey(key, 0, ordered);
        store.Set(key, value, default, null, out _);
        using GapReader? reader = withReader ? new GapReader(store, key.ToArray()) : null;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < entries; i++)
        {
            WriteKey(key, i, ordered);
            store.Set(key, value, default, null, out _);
        }

        nanoseconds = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / entries;
        gap = reader?.Stop() ?? TimeSpan.Zero;
        return store;
    }

    private static void WriteKey(Span<byte> key, int i, bool ordered)
    {
        // An odd multiplier permutes the numbers, so that no key comes twice.
        ulong number = ordered ? (ulong)i : (ulong)i * 0x9E3779B97F4A7C15;
        BinaryPrimitives.WriteUInt64BigEndian(key, 0x757365723A736573);
        BinaryPrimitives.WriteUInt64BigEndian(key[8..], number);
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Reads one key over and over on a thread of its own and keeps the longest time between two answers.</summary>
    private sealed class GapReader : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _stop;
        private long _longest;

        public GapReader(StoreService store, byte[] key)
        {
            var writer = new FixedWriter(1_024);
            _thread = new Thread(() =>
            {
                long last = Stopwatch.GetTimestamp();
                while (!_stop)
                {
                    writer.Written = 0;
                    store.Get(key, writer, out _);
                    long now = Stopwatch.GetTimestamp();
                    _longest = Math.Max(_longest, now - last);
                    last = now;
                }
            });
            _thread.Start();
        }

        public TimeSpan Stop()
        {
            _stop = true;
            _thread.Join();
            return TimeSpan.FromSeconds((double)_longest / Stopwatch.Frequency);
        }

        public void Dispose() => Stop();
    }
}
