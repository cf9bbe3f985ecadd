using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>Settings that are right alone and wrong together.</summary>
internal static class SettingsCheck
{
    public static IEnumerable<string> Find(NexoServerOptions options)
    {
        NetworkOptions network = options.Network;
        ConnectionOptions connections = options.Connections;
        bool asks = options.Security.AsksForCredentials || File.Exists(options.UsersFilePath)
            || options.Tls.ClientCertificates == TlsClientCertificates.Require;
        if (!asks && !network.Insecure && !BindAddress.IsLoopback(network.Bind))
        {
            yield return $"network.bind is {network.Bind}, where other machines can connect, and nobody would ask them for "
                + "credentials; make users (nexo user add), or configure security.token-sha256 (nexo config new-token) or "
                + "security.users (nexo config hash-password), or bind to 127.0.0.1, or say --insecure if everyone may read and "
                + "write everything";
        }

        if (options.DataDirectory is null && options.KeepsStore)
        {
            string durability = options.EffectiveDurability.ToString().ToLowerInvariant();
            yield return $"store.durability is {durability}, and data.directory is none, so there is no disk to keep it on; "
                + "name a directory, or set store.durability to memory or auto";
        }

        if (options.DataDirectory is null && options.KeepsQueues)
        {
            string durability = options.EffectiveQueuesDurability.ToString().ToLowerInvariant();
            yield return $"queues.durability is {durability}, and data.directory is none, so there is no disk to keep them on; "
                + "name a directory, or set queues.durability to memory or auto";
        }

        if (options.DataDirectory is null && options.KeepsTopics)
        {
            string durability = options.EffectiveTopicsDurability.ToString().ToLowerInvariant();
            yield return $"topics.durability is {durability}, and data.directory is none, so there is no disk to keep them on; "
                + "name a directory, or set topics.durability to memory or auto";
        }

        if (options.DataDirectory is null && options.KeepsStreams)
        {
            string durability = options.EffectiveStreamsDurability.ToString().ToLowerInvariant();
            yield return $"streams.durability is {durability}, and data.directory is none, so there is no disk to keep them on; "
                + "name a directory, or set streams.durability to memory or auto";
        }

        if (options.DataDirectory is null && options.KeepsSessions)
        {
            string durability = options.EffectiveMqttDurability.ToString().ToLowerInvariant();
            yield return $"mqtt.durability is {durability}, and data.directory is none, so there is no disk to keep them on; "
                + "name a directory, or set mqtt.durability to memory or auto";
        }

        foreach (string problem in FindOfTopics(options.Topics, connections))
        {
            yield return problem;
        }

        foreach (string problem in FindOfBackup(options).Concat(FindOfNamespaces(options)))
        {
            yield return problem;
        }

        foreach (string problem in FindOfPorts(options))
        {
            yield return problem;
        }

        foreach (string problem in FindOfTls(options.Tls))
        {
            yield return problem;
        }

        if (connections.PreAuthBytesMax > connections.FrameBytesMax)
        {
            yield return "connections.pre-auth-bytes-max is more than connections.frame-bytes-max; make it smaller";
        }

        if (connections.IdleTimeoutMs > 0 && connections.IdleTimeoutMs <= connections.PingAfterIdleMs)
        {
            yield return "connections.idle-timeout is not more than connections.ping-after-idle, so quiet clients would be "
                + "closed before they are asked; make it longer, or 0 for never";
        }
    }

    private static IEnumerable<string> FindOfBackup(NexoServerOptions options)
    {
        if (options.Backup.Schedule is null)
        {
            yield break;
        }

        if (options.Backup.Directory is null)
        {
            yield return "backup.schedule is given without backup.directory; name the directory that backups go to";
        }

        if (options is { Backup.Directory: { } place, DataDirectory: { } data } && IsWithin(place, data))
        {
            yield return "backup.directory is within data.directory, where it would count as data, and be lost with them; name one beside "
                + "it, best on another disk";
        }

        if (!options.KeepsData)
        {
            yield return "backup.schedule is given, and this server keeps nothing on disk that a backup could hold; take it away, or "
                + "name a directory with data.directory";
        }
    }

    private static IEnumerable<string> FindOfNamespaces(NexoServerOptions options)
    {
        foreach (UserNamespace one in options.Security.Namespaces)
        {
            bool isOfSettings = one.User == UserNames.Token
                ? options.Security.Token is not null
                : options.Security.Users.Any(user => user.Name == one.User);
            if (!isOfSettings)
            {
                yield return $"security.namespaces binds '{one.User}', who is not in security.users; a user of the file is bound by "
                    + "nexo user bind";
            }
            else if (!options.Namespaces.Contains(one.Namespace))
            {
                yield return $"security.namespaces binds '{one.User}' to '{one.Namespace}', which is not one of data.namespaces; "
                    + "declare it there, or bind the user to another one";
            }
        }
    }

    private static bool IsWithin(string path, string directory) =>
        (Path.GetFullPath(path) + Path.DirectorySeparatorChar).StartsWith(
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static IEnumerable<string> FindOfPorts(NexoServerOptions options)
    {
        (string Name, int Port)[] ports =
        [
            ("network.port", options.Network.Port), ("network.http-port", options.Network.HttpPort),
            ("resp.port", options.Resp.Port), ("mqtt.port", options.Mqtt.Port),
        ];
        for (int i = 0; i < ports.Length; i++)
        {
            int same = Array.FindIndex(ports, i + 1, other => other.Port == ports[i].Port);
            if (ports[i].Port > NetworkOptions.PortAny && same > 0)
            {
                yield return $"{ports[i].Name} and {ports[same].Name} are both {ports[i].Port}; give one of them another port, "
                    + "or 0 to choose a free one";
            }
        }
    }

    private static IEnumerable<string> FindOfTls(TlsOptions tls)
    {
        if (tls.Certificate is null != tls.Key is null)
        {
            yield return tls.Key is null
                ? "tls.certificate is given without tls.key; name the file of its key too"
                : "tls.key is given without tls.certificate; name the file of the certificate too";
        }
        else if (tls.IsOn && tls.Certificate is null)
        {
            yield return "tls.mode asks for TLS, and there is no certificate; name files with tls.certificate and tls.key";
        }

        if (tls.ClientCertificates != TlsClientCertificates.None && tls.ClientAuthorities is null)
        {
            yield return "tls.client-certificates asks clients for certificates, and tls.client-ca does not say whose are right; "
                + "name the file of the authority that issues them";
        }
        else if (tls.ClientCertificates != TlsClientCertificates.None && !tls.IsOn)
        {
            yield return "tls.client-certificates asks clients for certificates, and TLS is off; name files with tls.certificate "
                + "and tls.key";
        }
        else if (tls.ClientCertificates == TlsClientCertificates.Require && tls.EffectiveMode == TlsMode.Allow)
        {
            yield return "tls.client-certificates is require, and tls.mode is allow, by which clients without TLS come in without "
                + "a certificate; set tls.mode to require, or tls.client-certificates to ask";
        }
    }

    private static IEnumerable<string> FindOfTopics(TopicsOptions topics, ConnectionOptions connections)
    {
        if (topics.TopicBytesMax > connections.FrameBytesMax / 4)
        {
            yield return "topics.topic-bytes-max is more than a quarter of connections.frame-bytes-max, which would leave no room "
                + "for headers and a body; make it smaller, or frames larger";
        }

        if (topics.BufferedBytesMax / 4 < connections.FrameBytesMax)
        {
            yield return "topics.buffered-bytes-max is less than four times connections.frame-bytes-max, so the largest messages would "
                + "find no room; make it larger, or frames smaller";
        }

        if (topics.OutboxBytes > topics.OutboxBytesMax)
        {
            yield return "topics.outbox-bytes is more than topics.outbox-bytes-max; make it smaller";
        }
    }
}
