using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Server.Http.Links;

/// <summary>A frame that has come over a <see cref="HttpLink"/>. Its body is rented: who has taken it disposes of it.</summary>
internal sealed class LinkFrame : IDisposable
{
    private readonly int _bodyBytes;
    private byte[] _rented;

    public LinkFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        Header = header;
        _bodyBytes = body.Length;
        _rented = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(_rented);
    }

    public FrameHeader Header { get; }

    public FrameKind Kind => Header.Kind;

    /// <summary>As <see cref="Body"/>, for what takes longer than a moment.</summary>
    public ReadOnlyMemory<byte> BodyMemory => _rented.AsMemory(0, _bodyBytes);

    public ReadOnlySpan<byte> Body => _rented.AsSpan(0, _bodyBytes);

    public void Dispose()
    {
        byte[] rented = _rented;
        _rented = [];
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
