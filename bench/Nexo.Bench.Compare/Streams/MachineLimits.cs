using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nexo.Bench.Compare.Streams;

/// <summary>What the disk and the loopback do at the time, with nothing in between: no stream can be faster.</summary>
/// <param name="DiskMegabytesPerSecond">A growing file, synced after each block of 256 KiB.</param>
/// <param name="SyncsPerSecond">A growing file, synced after each 4 KiB.</param>
/// <param name="LoopbackMegabytesPerSecond">One connection, one thread a side.</param>
internal sealed record MachineLimits(double DiskMegabytesPerSecond, double SyncsPerSecond, double LoopbackMegabytesPerSecond)
{
    private const int LargeBlock = 256 * 1_024;
    private const int SmallBlock = 4 * 1_024;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(0.7);

    public static MachineLimits Measure()
    {
        string folder = Directory.CreateTempSubdirectory("nexo-compare-").FullName;
        try
        {
            double large = WritesPerSecond(Path.Combine(folder, "large"), LargeBlock);
            double small = WritesPerSecond(Path.Combine(folder, "small"), SmallBlock);
            return new MachineLimits(large * LargeBlock / 1e6, small, LoopbackBytesPerSecond() / 1e6);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double WritesPerSecond(string path, int block)
    {
        byte[] bytes = new byte[block];
        new Random(block).NextBytes(bytes);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file =
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        long start = Stopwatch.GetTimestamp();
        long written = 0;
        do
        {
            RandomAccess.Write(file, bytes, written * block);
            RandomAccess.FlushToDisk(file);
            written++;
        }
        while (Stopwatch.GetElapsedTime(start) < Each);
        return written / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double LoopbackBytesPerSecond()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndPoint!);
        using Socket receiver = listener.Accept();
        long start = Stopwatch.GetTimestamp();
        var sending = new Thread(() =>
        {
            byte[] bytes = new byte[LargeBlock];
            while (Stopwatch.GetElapsedTime(start) < Each)
            {
                sender.Send(bytes);
            }

            sender.Shutdown(SocketShutdown.Send);
        });
        sending.Start();
        byte[] room = new byte[LargeBlock];
        long received = 0;
        int count;
        while ((count = receiver.Receive(room)) > 0)
        {
            received += count;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        sending.Join();
        return received / seconds;
    }
}
