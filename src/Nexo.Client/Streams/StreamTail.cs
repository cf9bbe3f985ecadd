using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Following a stream for as long as it takes: opens a tail, and opens it again where it was when its connection is lost. For
/// one reader.</summary>
internal sealed class StreamTail : IAsyncDisposable
{
    private readonly NexoStream _stream;
    private readonly StreamTailOptions _options;
    private StreamPosition _from;
    private StreamTailOpening _opening = null!;
    private RecordChunk _chunk;
    private int _at;

    private StreamTail(NexoStream stream, StreamTailOptions options)
    {
        _stream = stream;
        _options = options;
        _from = (options.From ?? StreamFrom.End).ToWire(clamp: options.Clamp);
    }

    public static async ValueTask<StreamTail> OpenAsync(
        NexoStream stream, StreamTailOptions options, CancellationToken cancel)
    {
        options.Require();
        var tail = new StreamTail(stream, options);
        return await Reopening.BridgeAsync(
            static (tail, token) => tail.OpenAsync(token), tail, stream.Timeout, stream.Client.Time, cancel).ConfigureAwait(false);
    }

    /// <summary>Waits for a record. Lost connections are bridged.</summary>
    /// <exception cref="NexoException">The server ended it for good.</exception>
    public async ValueTask WaitAsync(CancellationToken cancel)
    {
        while (!await _opening.Waiting.WaitToReadAsync(cancel).ConfigureAwait(false))
        {
            if (_opening.Error is { Retryable: false } refused)
            {
                throw refused;
            }

            // All that came was read: it goes on behind it.
            _from = _from with { Kind = PositionKind.Offset, Value = _opening.ContinueAt };
            await Reopening.UntilDoneAsync(SubscribeAsync, _stream.Client.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the next record that is here.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> record)
    {
        while (_chunk.Records is null || !RecordWalk.TryTake(_chunk.Records, ref _at, out record))
        {
            if (_chunk.Records is not null)
            {
                _opening.Release(_chunk);
                _chunk = default;
            }

            if (!_opening.Waiting.TryRead(out _chunk))
            {
                record = default;
                return false;
            }

            _at = 0;
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _opening.Connection?.Stop(_opening);
        return ValueTask.CompletedTask;
    }

    private async ValueTask<StreamTail> OpenAsync(CancellationToken cancel)
    {
        StreamPosition place = _from;
        if (place.Kind != PositionKind.Time)
        {
            await SubscribeAsync(cancel).ConfigureAwait(false);
            return this;
        }

        while (true)
        {
            await FindTimeAsync(place, cancel).ConfigureAwait(false);
            try
            {
                await SubscribeAsync(cancel).ConfigureAwait(false);
                return this;
            }
            catch (NexoException gone) when (gone.Code == ErrorCode.OffsetOutOfRange)
            {
                // It went by retention meanwhile: then it is another one.
            }
        }
    }

    // By its offset from here on: what has this time may be appended later, before what a tail that is opened anew begins with.
    private async ValueTask FindTimeAsync(StreamPosition time, CancellationToken cancel)
    {
        ReadRun run = await _stream.ReadRunAsync(time, recordsMax: 1, bytesMax: 1, default, TimeSpan.Zero, cancel)
            .ConfigureAwait(false);
        ReadOnlySpan<byte> records = run.Records;
        ulong offset = StreamedRecord.TryTake(ref records, out StreamedRecord first) ? first.Offset : run.ContinueAt;
        _from = time with { Kind = PositionKind.Offset, Value = offset };
    }

    private async ValueTask SubscribeAsync(CancellationToken cancel)
    {
        var window = new RecordWindow(_options.BufferRecords, _options.BufferBytes);
        var opening = new StreamTailOpening(_from, window);
        var call = new CallRequest
        {
            Opcode = Opcode.StreamTail,

            // One that was opened on a lost connection ended with it, and one that opens too late is stopped.
            Traits = CallTraits.Idempotent,
            Body = StreamBodies.Tail(_stream, _from, window.First, StreamTailOpening.PushBytes, _options.Key),
            Subscription = opening,
        };
        await _stream.Client.CallAsync<StreamTailReader, bool>(call, new(opening), _stream.Timeout, cancel).ConfigureAwait(false);
        _opening = opening;
    }
}

/// <summary>Records as they came in one push, owned by the process.</summary>
internal readonly record struct RecordChunk(byte[]? Records, int Count);

/// <summary>One opening of a tail on one connection.</summary>
internal sealed class StreamTailOpening(StreamPosition from, RecordWindow window) : Subscription
{
    /// <summary>Small enough that the arrays of pushes are ordinary ones.</summary>
    public const int PushBytes = 64 * 1_024;

    private readonly Channel<RecordChunk> _waiting = Channel.CreateUnbounded<RecordChunk>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    public ChannelReader<RecordChunk> Waiting => _waiting.Reader;

    /// <summary>Where another one goes on when all that came was read; final at its end.</summary>
    public ulong ContinueAt { get; private set; } = from.Value;

    /// <summary>Why it ended; null after a normal end.</summary>
    public NexoException? Error { get; private set; }

    /// <summary>The server has opened it; nothing was pushed yet.</summary>
    public void OnOpened(OffsetRange range) => ContinueAt = from.Kind switch
    {
        PositionKind.Beginning => range.First,
        PositionKind.End => range.Next,
        PositionKind.Last => Math.Max(range.First, range.Next - Math.Min(range.Next, from.Value)),
        _ => (from.Flags & PositionFlags.Clamp) == 0 ? from.Value : Math.Clamp(from.Value, range.First, range.Next),
    };

    public void Release(RecordChunk chunk)
    {
        int credits = window.Release(chunk.Count, chunk.Records!.Length);
        if (credits > 0)
        {
            Connection?.AddCredit(this, (uint)credits);
        }
    }

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!StreamTailPush.TryRead(body, out StreamTailPush push)
            || !window.TryHold((int)push.Records.Count, push.Records.Bytes.Length))
        {
            return false;
        }

        ContinueAt = push.ContinueAt;
        if (push.Records.Count > 0)
        {
            _waiting.Writer.TryWrite(new RecordChunk(push.Records.Bytes.ToArray(), (int)push.Records.Count));
        }

        return true;
    }

    public override void OnEnd(NexoException? error)
    {
        Error = error;
        _waiting.Writer.TryComplete();
    }
}
