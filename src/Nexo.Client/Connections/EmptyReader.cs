using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A reply that says nothing but that it worked: PING, and the opening of a watch.</summary>
internal readonly struct EmptyReader : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        result = body.IsEmpty;
        return result;
    }
}

/// <summary>The facts of INFO.</summary>
internal readonly struct InfoReader : IReplyReader<IReadOnlyList<KeyValuePair<string, string>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<KeyValuePair<string, string>> result) =>
        InfoReply.TryRead(body, out result);
}
