import type { FastifyInstance } from 'fastify';

/**
 * How bodies are read: JSON when it is labelled so, anything else as the bytes that came, whatever its label.
 * Original clients label raw uploads `application/x-www-form-urlencoded`, and send JSON labels with no body at all.
 */
export function addBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body.length === 0 ? undefined : body);
  });
}
