using System.Buffers.Binary;

namespace Nexo.Cli.Bench;

/// <summary>
/// Encodes a batch of requests into one buffer that is used again for every batch: when all requests are of one kind the
/// frames already lie there, and only correlation, key digits and the value's stamp are patched.
/// </summary>
internal sealed class BatchEncoder
{
    /// <summary>Set on an element of a plan that is a read; the rest is the number of the key.</summary>
    public const uint ReadBit = 1u << 31;

    private readonly KeyNames _names;
    private readonly ValuePattern _value;
    private readonly RequestTemplate _get;
    private readonly RequestTemplate _set;
    private readonly RequestTemplate? _only;
    private readonly byte[] _batch;

    /// <param name="get">A read.</param>
    /// <param name="set">A write.</param>
    /// <param name="names">The keys.</param>
    /// <param name="value">What is written.</param>
    /// <param name="mix">Which requests will come: a batch of one kind is laid out once.</param>
    /// <param name="batchMax">The most requests in a batch.</param>
    public BatchEncoder(
        RequestTemplate get, RequestTemplate set, KeyNames names, ValuePattern value, OperationMix mix, int batchMax)
    {
        _names = names;
        _value = value;
        _get = get;
        _set = set;
        _only = mix.OnlyReads ? _get : mix.OnlyWrites ? _set : null;
        _batch = GC.AllocateUninitializedArray<byte>(
            checked(batchMax * Math.Max(_get.Frame.Length, _set.Frame.Length)), pinned: true);
        for (int i = 0; _only is not null && i < batchMax; i++)
        {
            _only.Frame.CopyTo(_batch, i * _only.Frame.Length);
        }
    }

    /// <summary>The frames for <paramref name="plan"/>; good until the next call.</summary>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<uint> plan, uint firstCorrelation)
    {
        int at = 0;
        for (int i = 0; i < plan.Length; i++)
        {
            uint key = plan[i] & ~ReadBit;
            RequestTemplate template = _only ?? ((plan[i] & ReadBit) != 0 ? _get : _set);
            Span<byte> frame = _batch.AsSpan(at, template.Frame.Length);
            if (_only is null)
            {
                template.Frame.CopyTo(frame);
            }

            if (template.CorrelationOffset > 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(frame[template.CorrelationOffset..], firstCorrelation + (uint)i);
            }

            _names.Patch(frame.Slice(template.KeyOffset, _names.SizeBytes), key);
            if (template.ValueOffset > 0)
            {
                _value.Stamp(frame[template.ValueOffset..], key);
            }

            at += frame.Length;
        }

        return _batch.AsSpan(0, at);
    }
}
