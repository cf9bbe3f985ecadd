using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>
/// Appends without pause on one connection, pipelined: alone, in batches, against others to an expected place, and as an idempotent
/// producer, which sends again what was not answered, and now and then what was.
/// </summary>
internal sealed class StreamProducerLoad(
    int lane, StreamLedger ledger, IReadOnlyList<StreamPlan> plans, bool logMayFail, Random random)
{
    private const int DepthMax = 32;
    private const int BatchMax = 20;
    private const int SmallBytesMax = 300;
    private const int LargeBytesMax = 20_000;
    private const int LargeEvery = 50;

    private readonly Queue<Request> _inFlight = new();
    private readonly Dictionary<StreamPlan, Producer> _producers = plans
        .Where(plan => plan.HasProducers)
        .ToDictionary(plan => plan, _ => new Producer((ulong)random.NextInt64()));

    private bool HasLogFailed => logMayFail && ledger.Unknown > 0;

    /// <summary>Runs until it is told to stop, and then waits for the answers that are due; or until the server is gone.</summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        _inFlight.Clear();
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            foreach ((StreamPlan plan, Producer producer) in _producers)
            {
                SendAgain(connection, plan, producer);
            }

            while (!stop.IsCancellationRequested)
            {
                for (int i = random.Next(1, Math.Max(DepthMax - _inFlight.Count, 1) + 1); i > 0; i--)
                {
                    SendOne(connection);
                }

                await connection.FlushAsync(cancel);
                await ReadUntilAsync(connection, random.Next(DepthMax / 2), cancel);
            }

            await ReadUntilAsync(connection, 0, cancel);
        }
        catch (WireEndedException)
        {
            // What was in flight has no answer.
        }
    }

    private void SendAgain(WireConnection connection, StreamPlan plan, Producer producer)
    {
        foreach (SentAppend append in producer.Open)
        {
            append.State = append.State == AppendState.Refused ? AppendState.Open : append.State;
            ledger.Send(plan, append);
            Write(connection, plan, append, producer);
        }
    }

    private void SendOne(WireConnection connection)
    {
        StreamPlan plan = plans[random.Next(plans.Count)];
        ulong[] numbers = ledger.Number(random.Next(3) == 0 ? random.Next(2, BatchMax + 1) : 1);
        Producer? producer = random.Next(2) == 0 ? _producers.GetValueOrDefault(plan) : null;
        var append = new SentAppend(lane, numbers)
        {
            Expected = plan.Races ? ledger.RangeOf(plan).Next + (random.Next(8) == 0 ? 1UL : 0) : null,
            Sequence = producer?.Next,
        };
        ledger.Send(plan, append);
        if (producer is not null)
        {
            producer.Next += (ulong)numbers.Length;
            producer.Open.Add(append);
        }

        Write(connection, plan, append, producer);
        if (producer is not null && random.Next(10) == 0)
        {
            Write(connection, plan, append, producer);
        }
    }

    private void Write(WireConnection connection, StreamPlan plan, SentAppend append, Producer? producer)
    {
        byte[] stream = Encoding.UTF8.GetBytes(plan.Name);
        AppendParts parts = (append.Expected is null ? AppendParts.None : AppendParts.ExpectedNext)
            | (producer is null ? AppendParts.None : AppendParts.Producer);
        uint correlation = append.Numbers.Count == 1
            ? connection.Write(Opcode.StreamAppend, Durability.ServerDefault, WriteSingle)
            : connection.Write(Opcode.StreamAppendBatch, Durability.ServerDefault, WriteBatch);
        _inFlight.Enqueue(new Request(correlation, plan, append, producer));

        void WriteSingle(FrameBuffer body)
        {
            byte[] key = StreamCopy.KeyOf(append.Numbers[0]);
            new StreamAppendRequest
            {
                Parts = parts | (key.Length > 0 ? AppendParts.Key : AppendParts.None),
                Stream = stream,
                ExpectedNext = append.Expected ?? 0,
                Producer = producer?.Id ?? 0,
                Sequence = append.Sequence ?? 0,
                Key = key,
                Value = ValueOf(append.Numbers[0]),
            }.Write(body);
        }

        void WriteBatch(FrameBuffer body)
        {
            new StreamAppendBatchRequest
            {
                Parts = parts,
                Stream = stream,
                ExpectedNext = append.Expected ?? 0,
                Producer = producer?.Id ?? 0,
                Sequence = append.Sequence ?? 0,
            }.WriteStart(body, (uint)append.Numbers.Count);
            foreach (ulong number in append.Numbers)
            {
                byte[] key = StreamCopy.KeyOf(number);
                new NewRecord
                {
                    Parts = key.Length > 0 ? RecordParts.Key : RecordParts.None,
                    Key = key,
                    Value = ValueOf(number),
                }.Write(body);
            }
        }
    }

    // What is sent again must be the same: it follows from its number.
    private static byte[] ValueOf(ulong number)
    {
        int mixed = (int)((number * 0x9E37_79B9_7F4A_7C15) >> 34);
        return Payload.Chunk(number, Payload.BytesMin + (mixed % (mixed % LargeEvery == 0 ? LargeBytesMax : SmallBytesMax)));
    }

    private async Task ReadUntilAsync(WireConnection connection, int inFlight, CancellationToken cancel)
    {
        while (_inFlight.Count > inFlight)
        {
            Frame frame = await connection.ReadAsync(cancel);
            Request request = _inFlight.Dequeue();
            if (frame.Correlation != request.Correlation)
            {
                throw new InvalidOperationException($"the answer to {frame.Correlation}, not to {request.Correlation}");
            }

            Take(frame, request);
        }
    }

    private void Take(Frame frame, Request request)
    {
        (_, StreamPlan plan, SentAppend append, Producer? producer) = request;
        if (frame.Kind == FrameKind.Reply && StreamAppendReply.TryRead(frame.Body, out StreamAppendReply reply))
        {
            ledger.Answer(plan, append, reply);
            producer?.Open.Remove(append);
            return;
        }

        switch (frame.Error)
        {
            case ErrorCode.StorageFailed:
                ledger.LogFailed();
                break;
            case ErrorCode.StorageFull when logMayFail:
                append.State = AppendState.Refused;
                break;
            case ErrorCode.SequenceGap when HasLogFailed || producer!.Open.Any(open => open.State == AppendState.Refused):
                // What stood before it was refused.
                append.State = AppendState.Refused;
                break;
            default:
                ledger.Wrong(FindingKind.Answer, plan.Name, $"{append} was answered with {frame.ErrorText}");
                break;
        }
    }

    private sealed class Producer(ulong id)
    {
        public ulong Id => id;

        /// <summary>The sequence of its next record.</summary>
        public ulong Next { get; set; }

        /// <summary>Not answered yet, in order.</summary>
        public List<SentAppend> Open { get; } = [];
    }

    private sealed record Request(uint Correlation, StreamPlan Plan, SentAppend Append, Producer? Producer);
}
