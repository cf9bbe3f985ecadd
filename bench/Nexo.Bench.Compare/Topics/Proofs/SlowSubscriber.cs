using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;
using Nexo.Cli.Terminal;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>Reads a byte a second, and in the end all that is there.</summary>
internal sealed class SlowSubscriber : IDisposable
{
    private const int ChunkBytes = 64 * 1_024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly BenchLink _link;
    private readonly ReadinessQueue _ready = new();
    private readonly AnswersOnly _answers;
    private readonly TopicSession _session;
    private readonly TopicTally _tally;
    private readonly TopicInbox _inbox;
    private readonly TimeSpan _silenceMax;
    private byte[] _bytes = new byte[ChunkBytes];
    private int _count;

    public SlowSubscriber(TopicDialect dialect, BenchConnector connector, TopicWork work, TimeSpan silenceMax)
    {
        _link = connector.Connect(out _);
        _answers = new AnswersOnly(_link, _ready);
        _session = dialect.NewSession();
        _tally = new TopicTally(work.BodyBytes, work.Streams);
        _inbox = new TopicInbox(_tally);
        _silenceMax = silenceMax;
    }

    /// <summary>Bytes that it read slowly.</summary>
    public int SlowBytes { get; private set; }

    public long Received => _tally.Delivered;

    /// <summary>What the server told it to have missed.</summary>
    public long Missed => _tally.Missed;

    /// <summary>What the messages' numbers, which begin with 0, say that it has not got before the last one.</summary>
    public long Gaps => _tally.Gaps;

    public long Repeated => _tally.Repeated;

    public void Subscribe(IReadOnlyList<string> filters)
    {
        var output = new ArrayBufferWriter<byte>();
        _tally.AnswersAwaited += _session.Subscribe(output, filters);
        _answers.Send(output.WrittenSpan);
        while (_tally.AnswersAwaited > 0)
        {
            if (!Receive(ChunkBytes, _silenceMax))
            {
                throw new CompareFailure("The slow subscriber's subscription was not answered.");
            }

            Read();
        }
    }

    /// <summary>Reads a byte a second until it is to stop.</summary>
    public async Task ReadSlowlyAsync(CancellationToken stop)
    {
        using var second = new PeriodicTimer(Pause);
        while (!stop.IsCancellationRequested)
        {
            SlowBytes += Receive(1, TimeSpan.Zero) ? 1 : 0;
            await second.WaitForNextTickAsync(stop).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Reads all that comes until nothing does.</summary>
    /// <param name="end">How the connection has ended, if it has.</param>
    public void ReadRest(out string? end)
    {
        end = null;
        try
        {
            do
            {
                Read();
            }
            while (Receive(ChunkBytes, Pause));
        }
        catch (Exception failure) when (failure is CliFailure or SocketException)
        {
            end = $"; its connection has ended: {failure.Message}";
        }
    }

    public void Dispose()
    {
        _answers.Dispose();
        _link.Dispose();
        _ready.Dispose();
    }

    private void Read()
    {
        _inbox.Begin(Stopwatch.GetTimestamp());
        int read = _session.Read(_bytes.AsSpan(0, _count), _inbox, _answers);
        _inbox.End();
        _bytes.AsSpan(read, _count - read).CopyTo(_bytes);
        _count -= read;
    }

    private bool Receive(int bytesMax, TimeSpan within)
    {
        if (_bytes.Length - _count < bytesMax)
        {
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        if (!_link.Wait(within, SelectMode.SelectRead))
        {
            return false;
        }

        int received = _link.Receive(_bytes.AsSpan(_count, bytesMax));
        _count += received > 0 ? received : throw new SocketException((int)SocketError.ConnectionReset);
        return true;
    }

    /// <summary>What it owes the server is sent at once.</summary>
    private sealed class AnswersOnly(BenchLink link, ReadinessQueue ready) : BenchSocket(0, link, ready);
}
