using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Frames on their way out. One batch fills while the one before is being sent, so all that callers ask for during a
/// send leaves together in the next. Guarded by the connection's gate, except that whoever was told to flush owns the
/// batch that it took.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "When a connection ends a send may still read these arrays:"
    + " they are left to the collector rather than given back to the pool.")]
internal sealed class Outbox
{
    /// <summary>More than a traceparent (55 bytes) and a tracestate (512) need in a header block.</summary>
    public const int TraceBytesMax = 640;

    private FrameBuffer _filling = new();
    private FrameBuffer _sending = new();
    private bool _flushing;

    /// <summary>The number of the batch that fills; all before it were handed to the socket.</summary>
    public long FillingBatch { get; private set; }

    /// <summary>Bytes of the batch that fills.</summary>
    public int FillingBytes => _filling.Count;

    public void AddRequest(Operation operation, uint correlation)
    {
        _filling.Begin(operation.Opcode, FrameKind.Request, correlation, FlagsOf(
            operation.Durability, operation.Trace, operation.HeaderBytes, out int traceBytes));
        AddBody(operation.Trace, traceBytes, operation.HeaderBytes, operation.Body);
    }

    /// <summary>Adds a notice that may have headers.</summary>
    /// <param name="opcode">What it is.</param>
    /// <param name="body">Its body, behind its headers.</param>
    /// <param name="headerBytes">How many bytes at the body's beginning are headers.</param>
    /// <param name="trace">The trace to be told among the headers.</param>
    public void AddNotice(Opcode opcode, FrameBuffer? body, int headerBytes, Activity? trace)
    {
        _filling.Begin(opcode, FrameKind.Notice, 0, FlagsOf(
            Durability.ServerDefault, trace, headerBytes, out int traceBytes));
        AddBody(trace, traceBytes, headerBytes, body);
    }

    /// <summary>Adds a frame without a header block: a notice, or the answer to a ping.</summary>
    public void AddFrame(Opcode opcode, FrameKind kind, uint correlation, ReadOnlySpan<byte> body = default)
    {
        _filling.Begin(opcode, kind, correlation);
        _filling.Write(body);
        _filling.End();
    }

    public void AddCredit(uint subscription, uint credits) =>
        new CreditNotice(credits).WriteFrame(_filling, subscription);

    /// <summary>Adds a frame whose body is an error.</summary>
    public void AddError(Opcode opcode, FrameKind kind, uint correlation, ErrorCode code, string message) =>
        ErrorBody.WriteFrame(_filling, opcode, kind, correlation, code, message);

    /// <summary>True when the caller must see to it that the outbox is flushed; false when somebody does
    /// already.</summary>
    public bool TryStartFlush()
    {
        bool started = !_flushing;
        _flushing = true;
        return started;
    }

    /// <summary>Ends the flush if there is nothing left to send.</summary>
    public bool TryEndFlush()
    {
        _sending.Clear();
        _flushing = !_filling.IsEmpty;
        return !_flushing;
    }

    /// <summary>The next batch of the one who flushes; false ends the flush.</summary>
    public bool TryTakeBatch(out ReadOnlyMemory<byte> batch)
    {
        batch = default;
        if (TryEndFlush())
        {
            return false;
        }

        (_filling, _sending) = (_sending, _filling);
        FillingBatch++;
        batch = _sending.Written;
        return true;
    }

    private static FrameFlags FlagsOf(Durability durability, Activity? trace, int headerBytes, out int traceBytes)
    {
        FrameFlags flags = durability.ToFlags();
        traceBytes = HeaderEntries.MeasureTrace(trace, ushort.MaxValue - headerBytes);
        return traceBytes + headerBytes > 0 ? flags | FrameFlags.Headers : flags;
    }

    private void AddBody(Activity? trace, int traceBytes, int headerBytes, FrameBuffer? body)
    {
        if (traceBytes + headerBytes > 0)
        {
            // The headers of the caller follow: they stand at the beginning of the body.
            _filling.WriteUInt16((ushort)(traceBytes + headerBytes));
            if (traceBytes > 0)
            {
                HeaderEntries.WriteTrace(_filling, trace!, traceBytes);
            }
        }

        if (body is not null)
        {
            _filling.Write(body.Written.Span);
        }

        _filling.End();
    }
}
