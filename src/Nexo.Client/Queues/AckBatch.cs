using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>One request of an <see cref="AckLine{TDelivery}"/>: its deliveries, and what is answered for each. Used again after its
/// answer.</summary>
internal sealed class AckBatch<TDelivery>
    where TDelivery : class
{
    private const int InitialItems = 16;
    private const int ItemsMax = 4_096;

    private readonly AckLine<TDelivery> _line;
    private readonly Action _onAnswered;
    private AckWaiter<TDelivery>[] _waiters = new AckWaiter<TDelivery>[InitialItems];
    private ErrorCode[] _codes = new ErrorCode[InitialItems];
    private int _count;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _answer;

    public AckBatch(AckLine<TDelivery> line)
    {
        _line = line;
        _onAnswered = OnAnswered;
    }

    public bool IsFull => _count == ItemsMax;

    /// <summary>One more can be acked by its request.</summary>
    public bool Takes(TDelivery delivery) => _count == 0 || _line.Source.AreTogether(_waiters[0].Delivery, delivery);

    public void Add(AckWaiter<TDelivery> waiter)
    {
        if (_count == _waiters.Length)
        {
            Array.Resize(ref _waiters, 2 * _count);
            Array.Resize(ref _codes, 2 * _count);
        }

        _waiters[_count++] = waiter;
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is used once: here, or in OnAnswered.")]
    public void Send()
    {
        _answer = _line.Source.SendAsync(_waiters.AsSpan(0, _count), _codes.AsMemory(0, _count)).ConfigureAwait(false).GetAwaiter();
        if (_answer.IsCompleted)
        {
            OnAnswered();
        }
        else
        {
            _answer.UnsafeOnCompleted(_onAnswered);
        }
    }

    private void OnAnswered()
    {
        NexoException? failure = null;
        try
        {
            _answer.GetResult();
        }
        catch (NexoException error)
        {
            failure = error;
        }

        AckWaiter<TDelivery>? last = null;
        Exception? lastError = null;
        for (int i = 0; i < _count; i++)
        {
            TDelivery delivery = _waiters[i].Delivery;
            ErrorCode code = failure?.Code ?? _codes[i];
            _line.Source.End(delivery, code);
            last?.Signal(lastError, inline: false);
            last = _waiters[i];
            lastError = failure ?? (code == ErrorCode.None ? null : _line.Source.ErrorOf(delivery, code));
        }

        _waiters.AsSpan(0, _count).Clear();
        _count = 0;
        _answer = default;
        _line.Done(this);

        // The last caller's continuation runs here: this thread has nothing left to do.
        last?.Signal(lastError, inline: true);
    }
}

/// <summary>One code for each item of a request.</summary>
internal readonly struct PerItemReader(Memory<ErrorCode> codes) : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        result = PerItemReply.TryRead(body, out PerItemReply reply) && reply.Count == codes.Length;
        if (result)
        {
            Span<ErrorCode> places = codes.Span;
            for (int i = 0; reply.TryTake(out ErrorCode code); i++)
            {
                places[i] = code;
            }
        }

        return result;
    }
}
