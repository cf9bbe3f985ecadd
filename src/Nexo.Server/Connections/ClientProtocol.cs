namespace Nexo.Server.Connections;

/// <summary>What a connection speaks.</summary>
internal enum ClientProtocol : byte
{
    Native,
    Resp,
    Mqtt,
    Http,
}
