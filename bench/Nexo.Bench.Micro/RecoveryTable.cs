using System.Buffers.Binary;
using System.Diagnostics;
using Nexo.Engine.Store;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>
/// How fast a snapshot of 16-byte keys with 64-byte values, in random order, is taken and becomes a store again: both
/// in
/// memory, so without the disk's part in it.
/// </summary>
internal static class RecoveryTable
{
    private const int KeyBytes = 16;
    private const int ValueBytes = 64;

    public static void Print(int entries)
    {
        var records = new RecordMemory();
        using (var store = new StoreService(new StoreLimits(), TimeProvider.System))
        {
            Span<byte> key = stackalloc byte[KeyBytes];
            Span<byte> value = stackalloc byte[ValueBytes];
            for (int i = 0; i < entries; i++)
            {
                // An odd multiplier permutes the numbers, so that no key comes twice.
                BinaryPrimitives.WriteUInt64BigEndian(key, 0x757365723A736573);
                BinaryPrimitives.WriteUInt64BigEndian(key[8..], (ulong)i * 0x9E3779B97F4A7C15);
                store.Set(key, value, default, null, out _);
            }

            long start = Stopwatch.GetTimestamp();
            StoreSnapshot snapshot = store.BeginSnapshot(Lsn.None);
            long longest = 0;
            for (bool more = true; more;)
            {
                long slice = Stopwatch.GetTimestamp();
                more = snapshot.MoveNext(records);
                longest = Math.Max(longest, Stopwatch.GetTimestamp() - slice);
            }

            Report("snapshot", entries, start, $"longest slice {longest * 1e6 / Stopwatch.Frequency:F0} µs");
        }

        foreach (int workers in (int[])[0, 1, 2, 0, 1, 2])
        {
            GC.Collect();
            using var store = new StoreService(new StoreLimits(), TimeProvider.System);
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            using StoreRecovery recovery = store.BeginRecovery(workers, entries);
            records.Replay(recovery);
            recovery.Complete();
            processor = Environment.CpuUsage.TotalTime - processor;
            double bytes = (double)store.Stats.UsedBytes / entries;
            string details = $"processor {processor.TotalSeconds:F2} s, {bytes:F1} B/key";
            Report($"recovery, {workers} workers", entries, start, details);
        }
    }

    private static void Report(string name, int entries, long start, string details)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"{name,-22} {seconds,7:F2} s  {entries / seconds / 1e6,6:F2} M entries/s  {details}");
    }

    private sealed class RecordMemory : IRecordSink
    {
        private const int BlockBytes = 1 << 20;
        private const int HeaderBytes = 5;

        private readonly List<(byte[] Bytes, int Length)> _blocks = [];
        private byte[] _block = new byte[BlockBytes];
        private int _length;

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            if (_length + HeaderBytes + payload.Length > BlockBytes)
            {
                _blocks.Add((_block, _length));
                _block = new byte[BlockBytes];
                _length = 0;
            }

            Span<byte> record = _block.AsSpan(_length);
            BinaryPrimitives.WriteInt32LittleEndian(record, payload.Length);
            record[4] = kind;
            payload.CopyTo(record[HeaderBytes..]);
            _length += HeaderBytes + payload.Length;
        }

        public void Replay(StoreRecovery sink)
        {
            foreach ((byte[] bytes, int length) in _blocks.Append((_block, _length)))
            {
                ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
                while (!rest.IsEmpty)
                {
                    int payload = BinaryPrimitives.ReadInt32LittleEndian(rest);
                    sink.OnRecord(Lsn.None, rest[4], rest.Slice(HeaderBytes, payload));
                    rest = rest[(HeaderBytes + payload)..];
                }
            }
        }
    }
}
